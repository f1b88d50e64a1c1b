// What an autoscaler scales, and whose pods those are.
import type { KubeObject, ResourceType } from "../../api/object.ts";
import { compileSelector, selectorText } from "../../runtime/selectors.ts";
import { keyOf } from "../../runtime/store.ts";
import type { Stores } from "../../runtime/stores.ts";

/** Where autoscalers are. */
export const SCALERS = "horizontalpodautoscalers.autoscaling";

const types: Record<string, ResourceType> = {
  Deployment: "deployments.apps",
  ReplicaSet: "replicasets.apps",
  StatefulSet: "statefulsets.apps",
  ReplicationController: "replicationcontrollers",
};

/** A workload that can be scaled. */
export interface ScaleTarget {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** The workload an autoscaler names, or why it cannot be had. */
export function targetOf(stores: Stores, scaler: KubeObject): ScaleTarget | { readonly missing: string } {
  const { kind, name } = scaler.spec.scaleTargetRef;
  const type = types[kind];
  const object = type && stores.of(type).get(scaler.metadata.namespace ?? "", name);
  return type && object ? { type, object } : { missing: `${type ?? `${kind.toLowerCase()}s`} "${name}" not found` };
}

/** Replication controllers select by labels alone. */
const selectorOf = ({ type, object: { spec } }: ScaleTarget) =>
  type === "replicationcontrollers" ? { matchLabels: spec.selector } : spec.selector;

/** The pods of a target, whatever their state. */
export function podsOf(stores: Stores, target: ScaleTarget): KubeObject[] {
  const matches = compileSelector(selectorOf(target));
  return stores.pods.list(target.object.metadata.namespace ?? "").filter(({ metadata }) => matches(metadata.labels));
}

/** Why a target's pods are nobody's to scale: several autoscalers count them. Undefined if only one does. */
export function ambiguity(stores: Stores, target: ScaleTarget, pods: readonly KubeObject[]): string | undefined {
  const counting = stores
    .of(SCALERS)
    .list(target.object.metadata.namespace ?? "")
    .filter((scaler) => {
      const other = targetOf(stores, scaler);
      if ("missing" in other) return false;
      const matches = compileSelector(selectorOf(other));
      return pods.some(({ metadata }) => matches(metadata.labels));
    });
  if (counting.length <= 1) return undefined;
  const names = counting.map(keyOf).sort().join(" ");
  return `pods by selector ${selectorText(selectorOf(target))} are controlled by multiple HPAs: [${names}]`;
}
