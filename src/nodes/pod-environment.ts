// A container's environment as the kubelet would set it (Kubernetes, "Define environment variables for a container").
import type { KubeObject, ResourceType } from "../kubernetes/api/object.ts";

/** Reads an object of the pod's namespace; undefined if it does not exist. */
export type Lookup = (type: ResourceType, name: string) => KubeObject | undefined;

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

interface EnvFrom {
  readonly prefix?: string;
  readonly configMapRef?: { readonly name: string };
  readonly secretRef?: { readonly name: string };
}

/** The variables of a container, references resolved; what a reference does not find is left out. */
export function containerEnvironment(
  pod: KubeObject,
  container: { env?: EnvVar[]; envFrom?: EnvFrom[] },
  lookup: Lookup,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const values = { ...(configMapRef && configValues(configMapRef.name, lookup)), ...(secretRef && secretValues(secretRef.name, lookup)) };
    for (const [name, value] of Object.entries(values)) env[prefix + name] = value;
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? reference(pod, variable.valueFrom, lookup) : expand(variable.value ?? "", env);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

function reference(pod: KubeObject, from: NonNullable<EnvVar["valueFrom"]>, lookup: Lookup): string | undefined {
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath);
  if (from.configMapKeyRef) return configValues(from.configMapKeyRef.name, lookup)[from.configMapKeyRef.key];
  if (from.secretKeyRef) return secretValues(from.secretKeyRef.name, lookup)[from.secretKeyRef.key];
  return undefined;
}

function configValues(name: string, lookup: Lookup): Record<string, string> {
  return lookup("configmaps", name)?.data ?? {};
}

function secretValues(name: string, lookup: Lookup): Record<string, string> {
  const data: Record<string, string> = lookup("secrets", name)?.data ?? {};
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

/** Downward API fields: `metadata.name`, `metadata.labels['x']`, `status.podIP`. */
function fieldValue(pod: KubeObject, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] as string];
  const value = path.split(".").reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], pod);
  return typeof value === "string" ? value : undefined;
}

/** `$(NAME)` refers to a variable set before; `$$` is a dollar sign. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (match, name?: string) => (name === undefined ? "$" : (env[name] ?? match)));
}
