// Applies a credential method to a pod, in place (spec identity §2.9, patches).
import type { NewObject } from "../../kubernetes/api/object.ts";
import type { CredentialMethod, EnvVar } from "./methods.ts";

interface Container {
  name: string;
  env?: { name: string; value?: string }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

/** Adds the method's volume to the pod, and its mount and variables to every container that is not skipped. */
export function applyMethod(
  pod: NewObject,
  method: CredentialMethod,
  settings: { region: string; regionalSts: boolean; skippedContainers: ReadonlySet<string> },
): void {
  const spec = pod.spec as { volumes?: { name: string }[]; containers?: Container[]; initContainers?: Container[] };
  if (!spec.volumes?.some((volume) => volume.name === method.volumeName)) {
    const { audience, expirationSeconds, tokenPath: path } = method;
    const volume = {
      name: method.volumeName,
      projected: { defaultMode: 420, sources: [{ serviceAccountToken: { audience, expirationSeconds, path } }] },
    };
    spec.volumes = [volume, ...(spec.volumes ?? [])];
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (!settings.skippedContainers.has(container.name)) mutateContainer(container, method, settings);
  }
}

function mutateContainer(
  container: Container,
  method: CredentialMethod,
  { region, regionalSts }: { region: string; regionalSts: boolean },
): void {
  const defined = new Set((container.env ?? []).map((variable) => variable.name));
  const hasCredentials = method.env.some(({ name }) => defined.has(name));
  const hasRegion = defined.has("AWS_REGION") || defined.has("AWS_DEFAULT_REGION");
  const hasSts = defined.has("AWS_STS_REGIONAL_ENDPOINTS");
  if (hasCredentials && hasRegion && hasSts) return;
  const added: EnvVar[] = [];
  if (regionalSts && !hasSts) added.push({ name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" });
  if (!hasRegion) added.push({ name: "AWS_DEFAULT_REGION", value: region }, { name: "AWS_REGION", value: region });
  if (!hasCredentials) added.push(...method.env);
  if (added.length > 0) container.env = [...(container.env ?? []), ...added];
  if (!container.volumeMounts?.some((mount) => mount.name === method.volumeName)) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: method.volumeName, mountPath: method.mountPath, readOnly: true }];
  }
}
