// Which persistent volume claims a pod mounts.
import type { KubeObject } from "../api/object.ts";

/** Name of the claim behind a generic ephemeral volume. */
export const ephemeralClaim = (pod: string, volume: string): string => `${pod}-${volume}`;

/** Names of the claims a pod mounts, those of its ephemeral volumes among them. */
export function claimsOf({ metadata, spec }: KubeObject): string[] {
  return (spec?.volumes ?? []).flatMap((volume: any) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [ephemeralClaim(metadata.name, volume.name)] : [];
  });
}
