// Which policies a change of a pod, namespace or Service concerns, so that only those are computed again.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import { isPolicyPod } from "./pods.ts";
import type { PolicyPeer } from "./types.ts";

type Peers = readonly { readonly from?: readonly PolicyPeer[]; readonly to?: readonly PolicyPeer[] }[];

const peersOf = ({ spec }: KubeObject): PolicyPeer[] =>
  [...((spec?.ingress ?? []) as Peers), ...((spec?.egress ?? []) as Peers)]
    .flatMap(({ from = [], to = [] }) => [...from, ...to])
    .filter(({ ipBlock }) => !ipBlock);

/** Whether a policy lists the pod, or could resolve ports at it. `namespace` is the pod's. */
export function concernsPod(policy: KubeObject, pod: KubeObject, namespace: KubeObject | undefined): boolean {
  const isOwn = policy.metadata.namespace === pod.metadata.namespace;
  if (isOwn && compileSelector(policy.spec?.podSelector ?? {})(pod.metadata.labels)) return true;
  return peersOf(policy).some(({ podSelector, namespaceSelector }) => {
    const isThere = namespaceSelector ? compileSelector(namespaceSelector)(namespace?.metadata.labels) : isOwn;
    return isThere && compileSelector(podSelector ?? {})(pod.metadata.labels);
  });
}

/** Whether a policy speaks of pods in a namespace with such labels. */
export const concernsNamespace = (policy: KubeObject, namespace: KubeObject): boolean =>
  peersOf(policy).some(({ namespaceSelector }) => namespaceSelector && compileSelector(namespaceSelector)(namespace.metadata.labels));

/** Whether a policy may list Services: it has rules about where pods may go. */
export const concernsServices = (policy: KubeObject): boolean =>
  ((policy.spec?.egress ?? []) as Peers).some(({ to = [] }) => to.some(({ ipBlock }) => !ipBlock));

/** Whether a change of a pod can change what policies list. */
export function changesPolicies(old: KubeObject, pod: KubeObject): boolean {
  const shown = (each: KubeObject) => [
    isPolicyPod(each),
    each.status?.podIP,
    each.status?.hostIP,
    Object.entries(each.metadata.labels ?? {}).sort(),
  ];
  return JSON.stringify(shown(old)) !== JSON.stringify(shown(pod));
}
