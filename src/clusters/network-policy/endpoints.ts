// The PolicyEndpoint objects of one policy: which there are, and how they are brought up to date.
import { CHUNK, pack } from "../../cni/network-policy/pack.ts";
import { isolationOf, resolvePolicy } from "../../cni/network-policy/resolve.ts";
import { type Lists, listsOf, POLICY_ENDPOINTS, type PolicyEndpointSpec, type PolicyView } from "../../cni/network-policy/types.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ControllerDeps } from "../../kubernetes/runtime/controller.ts";
import { ignoreNotFound } from "../../kubernetes/runtime/errors.ts";
import { sameSpec } from "../../kubernetes/runtime/hash.ts";
import { controllerReference } from "../../kubernetes/runtime/owners.ts";
import type { Stores } from "../../kubernetes/runtime/stores.ts";
import { timestamp } from "../../kubernetes/runtime/time.ts";

const TRIGGER_TIME = "networking.k8s.aws/last-change-trigger-time";

/** What policies of a cluster are resolved against. */
export const policyView = (stores: Stores): PolicyView => ({
  namespaces: () => stores.of("namespaces").list(),
  pods: (namespace) => stores.pods.list(namespace),
  services: (namespace) => stores.of("services").list(namespace),
});

/** The policy's objects, those of a namesake before it included. */
export function endpointsOf(client: KubeClient, { metadata: { namespace, name } }: KubeObject): KubeObject[] {
  return client.list(POLICY_ENDPOINTS, { namespace }).filter(({ spec }) => spec?.policyRef?.name === name);
}

/** Deletes objects; those already gone are fine. */
export async function removeEndpoints(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const { metadata } of objects) await ignoreNotFound(client.delete(POLICY_ENDPOINTS, metadata.namespace ?? "", metadata.name));
}

/** Makes, changes and deletes the policy's objects in this order, so that nothing allowed is missing in between. Rejects with StatusError. */
export async function writeEndpoints({ client, stores, clock }: Pick<ControllerDeps, "client" | "stores" | "clock">, policy: KubeObject) {
  const { namespace = "", name, uid } = policy.metadata;
  const isOwn = ({ metadata }: KubeObject) => metadata.ownerReferences?.some((owner) => owner.uid === uid) && !metadata.deletionTimestamp;
  const found = endpointsOf(client, policy);
  const present = new Map(found.filter(isOwn).map((each) => [each.metadata.name, each]));
  const shelves = [...present.values()].map((each) => ({ name: each.metadata.name, lists: listsOf(each.spec) }));
  const { create, keep, remove } = pack(resolvePolicy(policy, policyView(stores)), shelves, CHUNK);
  const annotations = { [TRIGGER_TIME]: timestamp(clock.now()) };
  const kind = { apiVersion: "networking.k8s.aws/v1alpha1", kind: "PolicyEndpoint" };
  for (const lists of create) {
    const metadata = { generateName: `${name}-`, namespace, annotations, ownerReferences: [controllerReference(policy)] };
    await client.create(POLICY_ENDPOINTS, namespace, { ...kind, metadata, spec: specOf(policy, lists) });
  }
  for (const { name: endpoint, lists, isChanged } of keep) {
    const { metadata, spec } = present.get(endpoint)!;
    if (!isChanged && sameSpec(headOf(policy), { ...spec, ingress: [], egress: [], podSelectorEndpoints: [] })) continue;
    const wanted = specOf(policy, lists);
    const marked = { ...metadata, annotations: { ...metadata.annotations, ...annotations } };
    await client.update(POLICY_ENDPOINTS, { ...kind, metadata: marked, spec: wanted });
  }
  const gone = new Set(remove);
  await removeEndpoints(
    client,
    found.filter((each) => !isOwn(each) || gone.has(each.metadata.name)),
  );
}

/** What every object of the policy says besides its lists. */
const headOf = (policy: KubeObject): Omit<PolicyEndpointSpec, keyof Lists> => ({
  policyRef: { name: policy.metadata.name, namespace: policy.metadata.namespace ?? "" },
  podSelector: policy.spec.podSelector ?? {},
  podIsolation: isolationOf(policy),
});

/** Empty lists are left out. */
function specOf(policy: KubeObject, { ingress, egress, podSelectorEndpoints }: Lists): PolicyEndpointSpec {
  return {
    ...headOf(policy),
    ...(podSelectorEndpoints.length > 0 && { podSelectorEndpoints }),
    ...(ingress.length > 0 && { ingress }),
    ...(egress.length > 0 && { egress }),
  };
}
