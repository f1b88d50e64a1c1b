// EKS's network policy controller: keeps the PolicyEndpoints of every NetworkPolicy while a cluster wants them (spec vpc-cni §8.1).
import { changesPolicies, concernsNamespace, concernsPod, concernsServices } from "../../cni/network-policy/touch.ts";
import { POLICIES, POLICY_ENDPOINTS } from "../../cni/network-policy/types.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { Controller, ControllerDeps, Watch } from "../../kubernetes/runtime/controller.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../kubernetes/runtime/errors.ts";
import { sameSpec } from "../../kubernetes/runtime/hash.ts";
import { keyOf, splitKey } from "../../kubernetes/runtime/store.ts";
import { policyEndpointCrd } from "./crd.ts";
import { endpointsOf, removeEndpoints, writeEndpoints } from "./endpoints.ts";

/** What it holds policies by until their PolicyEndpoints are gone. */
export const FINALIZER = "networking.k8s.aws/resources";
const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
const SETTINGS = { namespace: "kube-system", name: "amazon-vpc-cni" };
const SWITCH = "enable-network-policy-controller";
const WORKERS = 3;

/** What the controller works with; `podBatch` is for how many milliseconds changes of pods are gathered. */
export interface NetworkPolicyDeps extends Pick<ControllerDeps, "client" | "stores" | "clock"> {
  readonly podBatch: number;
}

/** The controller. Keys are policies. The ConfigMap amazon-vpc-cni switches it; while it is off there are no PolicyEndpoints. */
export function networkPolicyController(deps: NetworkPolicyDeps): Controller {
  const { client, stores, clock, podBatch } = deps;
  const isEnabled = () => stores.of("configmaps").get(SETTINGS.namespace, SETTINGS.name)?.data?.[SWITCH] === "true";
  const policiesWhere = (holds: (policy: KubeObject) => boolean) =>
    isEnabled() ? stores.of(POLICIES).list().filter(holds).map(keyOf) : [];
  const gathered = new Set<string>();
  let enqueue: (key: string) => void = () => {};
  let timer: { cancel(): void } | undefined;
  let repair: { close(): void } | undefined;
  let closed = false;

  const gather = (keys: readonly string[]): readonly string[] => {
    if (podBatch === 0) return keys;
    for (const key of keys) gathered.add(key);
    if (gathered.size > 0) timer ??= clock.after(podBatch, release);
    return [];
  };
  const release = () => {
    timer = undefined;
    for (const key of gathered) enqueue(key);
    gathered.clear();
  };
  /** The control plane brings its definition along where no add-on has, and puts right what others change or delete. */
  const ensureDefinition = async () => {
    if (!client.get(DEFINITIONS, "", POLICY_ENDPOINTS)) {
      try {
        await client.create(DEFINITIONS, "", policyEndpointCrd());
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    if (closed) return;
    repair ??= client.watch(POLICY_ENDPOINTS, {}, ({ type, object }) => {
      const name: unknown = object.spec?.policyRef?.name;
      if (type !== "ADDED" && typeof name === "string") enqueue(`${object.metadata.namespace}/${name}`);
    });
  };

  return {
    name: "network-policy",
    workers: WORKERS,
    start(add) {
      enqueue = add;
    },
    close() {
      closed = true;
      timer?.cancel();
      repair?.close();
    },
    watches: watches(deps, { isEnabled, policiesWhere, gather }),
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const policy = stores.of(POLICIES).get(namespace, name);
      if (!policy) return undefined;
      const { finalizers = [] } = policy.metadata;
      const isHeld = finalizers.includes(FINALIZER);
      if (policy.metadata.deletionTimestamp || !isEnabled()) {
        if (!isHeld) return undefined;
        if (client.get(DEFINITIONS, "", POLICY_ENDPOINTS)) await removeEndpoints(client, endpointsOf(client, policy));
        await setFinalizers(
          policy,
          finalizers.filter((each) => each !== FINALIZER),
        );
        return undefined;
      }
      await ensureDefinition();
      if (!isHeld) await setFinalizers(policy, [...finalizers, FINALIZER]);
      try {
        await writeEndpoints(deps, policy);
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
      return undefined;
    },
  };

  async function setFinalizers({ metadata }: KubeObject, finalizers: readonly string[]): Promise<void> {
    const { namespace = "", name, uid, resourceVersion } = metadata;
    stores.of(POLICIES).observe(await client.patch(POLICIES, namespace, name, "merge", { metadata: { uid, resourceVersion, finalizers } }));
  }
}

interface Finders {
  isEnabled(): boolean;
  policiesWhere(holds: (policy: KubeObject) => boolean): readonly string[];
  gather(keys: readonly string[]): readonly string[];
}

function watches({ stores }: NetworkPolicyDeps, { isEnabled, policiesWhere, gather }: Finders): Watch[] {
  return [
    { type: POLICIES, keys: ({ object }) => [keyOf(object)] },
    {
      type: "pods",
      keys({ type, object, old }) {
        if (!isEnabled() || (type === "MODIFIED" && old && !changesPolicies(old, object))) return [];
        const namespace = stores.of("namespaces").get("", object.metadata.namespace ?? "");
        return gather(policiesWhere((policy) => [object, ...(old ? [old] : [])].some((pod) => concernsPod(policy, pod, namespace))));
      },
    },
    {
      type: "namespaces",
      keys({ type, object, old }) {
        if (type === "MODIFIED" && old && sameSpec(old.metadata.labels, object.metadata.labels)) return [];
        return policiesWhere((policy) => [object, ...(old ? [old] : [])].some((namespace) => concernsNamespace(policy, namespace)));
      },
    },
    {
      type: "services",
      keys: ({ type, object, old }) =>
        type === "MODIFIED" && old && sameSpec(old.spec, object.spec) ? [] : policiesWhere(concernsServices),
    },
    {
      type: "configmaps",
      keys({ object: { metadata } }) {
        const isSettings = metadata.namespace === SETTINGS.namespace && metadata.name === SETTINGS.name;
        return isSettings ? stores.of(POLICIES).list().map(keyOf) : [];
      },
    },
  ];
}
