// Which replica set of a deployment is the new one, and the revision numbers that make `kubectl rollout undo` work.
import type { KubeObject } from "../../api/object.ts";
import { canonical, shortHash } from "../../runtime/hash.ts";
import { parseTime } from "../../runtime/time.ts";

export const hashLabel = "pod-template-hash";
export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxAnnotation = "deployment.kubernetes.io/max-replicas";
const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredAnnotation,
  maxAnnotation,
  "deprecated.deployment.rollback.to",
]);

/** Are two pod templates equal, whatever hash label they carry. */
export function sameTemplate(a: any, b: any): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b));
}

function withoutHash(template: any): any {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** The oldest replica set whose template is the deployment's. */
export function newReplicaSet(deployment: KubeObject, sets: readonly KubeObject[]): KubeObject | undefined {
  return byAge(sets).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** Oldest first. */
export function byAge(sets: readonly KubeObject[]): KubeObject[] {
  return [...sets].sort(
    (a, b) =>
      parseTime(a.metadata.creationTimestamp) - parseTime(b.metadata.creationTimestamp) || a.metadata.name.localeCompare(b.metadata.name),
  );
}

/** The hash in the new set's name; `status.collisionCount` changes it. */
export function templateHash(deployment: KubeObject): string {
  return shortHash(deployment.spec.template, deployment.status?.collisionCount);
}

/** Revision of a deployment or set; 0 if it has none. */
export function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? 0) || 0;
}

/** Annotations of the new set: the deployment's own, the revision after the highest old one, and the revisions it had before. */
export function newSetAnnotations(
  deployment: KubeObject,
  oldSets: readonly KubeObject[],
  present: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const annotations: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!notCopied.has(key)) annotations[key] = value;
  const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  const before = Number(annotations[revisionAnnotation] ?? 0) || 0;
  if (before < revision) {
    if (before > 0) {
      const history = annotations[revisionHistoryAnnotation]?.split(",") ?? [];
      annotations[revisionHistoryAnnotation] = [...history, String(before)].filter(Boolean).join(",");
    }
    annotations[revisionAnnotation] = String(revision);
  }
  return annotations;
}
