// The stable identity of stateful set pods: names, labels, claims.
import type { KubeObject, NewObject } from "../../api/object.ts";
import { podFromTemplate } from "../pod-control.ts";

export const revisionLabel = "controller-revision-hash";
export const podNameLabel = "statefulset.kubernetes.io/pod-name";
export const podIndexLabel = "apps.kubernetes.io/pod-index";

/** First ordinal of a set. */
export function firstOrdinal(set: KubeObject): number {
  return set.spec.ordinals?.start ?? 0;
}

/** The ordinal of a pod of the set, or undefined for a name that is not one of its own. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name);
  return match && match[1] === set.metadata.name ? Number(match[2]) : undefined;
}

/** Name of the claim a template makes for an ordinal. */
export function claimName(set: KubeObject, template: any, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The claims of an ordinal. */
export function claimsFor(set: KubeObject, ordinal: number): NewObject[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template: any) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace!,
      labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
      ...(template.metadata.annotations ? { annotations: template.metadata.annotations } : {}),
    },
    spec: structuredClone(template.spec),
  }));
}

/** The pod of an ordinal for a revision's template. */
export function podFor(set: KubeObject, template: any, revision: string, ordinal: number): NewObject {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(set, template, { name });
  pod.metadata.labels = { ...pod.metadata.labels, [revisionLabel]: revision, [podNameLabel]: name, [podIndexLabel]: String(ordinal) };
  pod.spec.hostname = name;
  pod.spec.subdomain = set.spec.serviceName;
  const claims = new Map<string, string>(
    (set.spec.volumeClaimTemplates ?? []).map((each: any) => [each.metadata.name, claimName(set, each, ordinal)]),
  );
  const volumes = (pod.spec.volumes ?? []).filter((volume: any) => !claims.has(volume.name));
  for (const [volume, claim] of claims) volumes.push({ name: volume, persistentVolumeClaim: { claimName: claim } });
  if (volumes.length) pod.spec.volumes = volumes;
  return pod;
}
