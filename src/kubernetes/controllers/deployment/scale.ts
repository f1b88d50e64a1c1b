// Changes the sizes of a deployment's replica sets and says so in events.
import type { KubeObject } from "../../api/object.ts";
import type { ControllerDeps } from "../../runtime/controller.ts";
import { isRollingUpdate, limits, proportionalSizes, wantedOf } from "./arithmetic.ts";
import { desiredAnnotation, maxAnnotation, newReplicaSet, sameTemplate } from "./revisions.ts";

const type = "replicasets.apps";

/** Annotations that remember for which deployment size a set was scaled. */
export function sizeAnnotations(deployment: KubeObject): Record<string, string> {
  const wanted = deployment.spec.replicas ?? 1;
  return { [desiredAnnotation]: String(wanted), [maxAnnotation]: String(wanted + limits(deployment).surge) };
}

/** Sets the size of one replica set; nothing is written if size and annotations are right already. */
export async function scaleSet(
  { client, stores, events }: ControllerDeps,
  deployment: KubeObject,
  set: KubeObject,
  size: number,
): Promise<KubeObject> {
  const annotations = sizeAnnotations(deployment);
  const before = wantedOf(set);
  const same = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (before === size && same) return set;
  const next = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, replicas: size },
  };
  const written = await client.update(type, next);
  stores.of(type).observe(written);
  if (before !== size) {
    const direction = before < size ? "up" : "down";
    events.event(
      deployment,
      "Normal",
      "ScalingReplicaSet",
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`,
    );
  }
  return written;
}

/** Follows a change of `spec.replicas`: one active set takes it alone, a saturated new set clears the old ones, several share. */
export async function scaleDeployment(deps: ControllerDeps, deployment: KubeObject, sets: readonly KubeObject[]): Promise<void> {
  const wanted = deployment.spec.replicas ?? 1;
  const active = sets.filter((set) => wantedOf(set) > 0);
  const newSet = newReplicaSet(deployment, sets);
  if (active.length <= 1) {
    const only = active[0] ?? newSet;
    if (only) await scaleSet(deps, deployment, only, wanted);
    return;
  }
  if (newSet && isSaturated(deployment, newSet)) {
    for (const set of active) if (!sameTemplate(set.spec.template, deployment.spec.template)) await scaleSet(deps, deployment, set, 0);
    return;
  }
  if (!isRollingUpdate(deployment)) return;
  const sizes = proportionalSizes(deployment, sets);
  for (const set of active) await scaleSet(deps, deployment, set, sizes.get(set.metadata.uid) ?? wantedOf(set));
}

function isSaturated(deployment: KubeObject, set: KubeObject): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    wantedOf(set) === wanted &&
    Number(set.metadata.annotations?.[desiredAnnotation]) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  );
}
