// What pods may not ask for on Fargate (EKS User Guide, "AWS Fargate considerations").
import type { KubeObject } from "../../kubernetes/api/object.ts";

interface Container {
  readonly securityContext?: { readonly privileged?: boolean };
  readonly ports?: readonly { readonly hostPort?: number; readonly hostIP?: string }[];
}

/** Volumes Fargate can mount; claims must be of a file system, which their driver decides. */
const VOLUMES = ["configMap", "secret", "emptyDir", "projected", "downwardAPI", "persistentVolumeClaim", "nfs", "csi"];

/** Why Fargate cannot run a pod, in the words of its scheduler; undefined if it can. */
export function unsupported({ spec }: KubeObject): string | undefined {
  const containers: Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const fields = [...(spec.hostNetwork ? ["HostNetwork"] : []), ...(spec.hostPID ? ["HostPID"] : []), ...(spec.hostIPC ? ["HostIPC"] : [])];
  const host = containers.some(({ ports = [] }) => ports.some(({ hostPort, hostIP }) => hostPort || hostIP));
  const privileged = containers.some(({ securityContext }) => securityContext?.privileged);
  const volumes = ((spec.volumes ?? []) as { name: string }[])
    .map((volume) => ({ name: volume.name, kind: Object.keys(volume).find((member) => member !== "name") ?? "emptyDir" }))
    .filter(({ kind }) => !VOLUMES.includes(kind));
  const causes = [
    ...(fields.length > 0 ? [`fields not supported: ${fields.join(", ")}`] : []),
    ...(host ? ["port contains HostIP or HostPort"] : []),
    ...(privileged ? ["invalid SecurityContext fields: Privileged"] : []),
    ...(volumes.length > 0
      ? [`volumes not supported: ${volumes.map(({ name, kind }) => `${name} is of an unsupported volume Type ${kind}`).join(", ")}`]
      : []),
  ];
  return causes.length > 0 ? `Pod not supported on Fargate: ${causes.join(", ")}` : undefined;
}
