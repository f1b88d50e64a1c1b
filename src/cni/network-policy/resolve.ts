// From a NetworkPolicy to addresses: what its PolicyEndpoints must list (spec vpc-cni §8.1).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import { distinct, entryKey, podKey } from "./keys.ts";
import { podEndpoint, selectedPods } from "./pods.ts";
import { portsAt } from "./ports.ts";
import { serviceEntries } from "./service-addresses.ts";
import type { Direction, Entry, EntryPort, Lists, PolicyPeer, PolicyRulePort, PolicyView } from "./types.ts";

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/** Directions in which the policy isolates the pods it selects. */
export const isolationOf = (policy: KubeObject): readonly Direction[] => policy.spec?.policyTypes ?? ["Ingress"];

/** Everything the policy's PolicyEndpoints list together. Pods without an address are not in it yet. */
export function resolvePolicy(policy: KubeObject, view: PolicyView): Lists {
  const { namespace = "" } = policy.metadata;
  const { podSelector, ingress, egress } = policy.spec ?? {};
  const subjects = selectedPods(view.pods(namespace), podSelector);
  return {
    ingress: distinct<Entry>(
      (ingress ?? []).flatMap((rule: Rule) => ingressEntries(rule, subjects, namespace, view)),
      entryKey,
    ),
    egress: distinct<Entry>(
      (egress ?? []).flatMap((rule: Rule) => egressEntries(rule, namespace, view)),
      entryKey,
    ),
    podSelectorEndpoints: distinct(subjects.map(podEndpoint), podKey),
  };
}

interface Rule {
  readonly ports?: readonly PolicyRulePort[];
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
}

/** Ports are those of the selected pods, so one list serves all peers: names resolve to what any selected pod declares. */
function ingressEntries({ from = [], ports = [] }: Rule, subjects: readonly KubeObject[], namespace: string, view: PolicyView): Entry[] {
  const open = portsAt(subjects, ports);
  if (!open) return [];
  if (from.length === 0) return EVERYWHERE.map((cidr) => entry(cidr, open));
  return from.flatMap((peer) => {
    if (peer.ipBlock) return [entry(peer.ipBlock.cidr, open, peer.ipBlock.except)];
    return peerPods(peer, namespace, view).map((pod) => entry(pod.status.podIP, open));
  });
}

/** Ports are those of the peers. A block has no containers, so names of ports do not resolve there. */
function egressEntries({ to = [], ports = [] }: Rule, namespace: string, view: PolicyView): Entry[] {
  const numbers = portsAt([], ports);
  if (to.length === 0) return numbers ? EVERYWHERE.map((cidr) => entry(cidr, numbers)) : [];
  return to.flatMap((peer) => {
    if (peer.ipBlock) return numbers ? [entry(peer.ipBlock.cidr, numbers, peer.ipBlock.except)] : [];
    const pods = peerPods(peer, namespace, view).flatMap((pod) => {
      const open = portsAt([pod], ports);
      return open ? [entry(pod.status.podIP, open)] : [];
    });
    const services = namespacesOf(peer, namespace, view).flatMap((each) => serviceEntries(view, each, peer.podSelector, ports));
    return [...pods, ...services];
  });
}

const peerPods = (peer: PolicyPeer, namespace: string, view: PolicyView): KubeObject[] =>
  namespacesOf(peer, namespace, view).flatMap((each) => selectedPods(view.pods(each), peer.podSelector));

/** Names of the namespaces a peer speaks of: its own, unless it selects some. */
function namespacesOf({ namespaceSelector }: PolicyPeer, own: string, view: PolicyView): string[] {
  if (!namespaceSelector) return [own];
  const matches = compileSelector(namespaceSelector);
  return view
    .namespaces()
    .filter(({ metadata }) => matches(metadata.labels))
    .map(({ metadata }) => metadata.name);
}

const entry = (cidr: string, ports: readonly EntryPort[], except: readonly string[] = []): Entry => ({
  cidr,
  ...(except.length > 0 && { except }),
  ...(ports.length > 0 && { ports }),
});
