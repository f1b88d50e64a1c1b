// Settings that every workload of an add-on takes, put into its objects.
import type { NewObject } from "../../kubernetes/api/object.ts";

/** A parsed document of configuration values, known to satisfy the add-on's schema. */
export type Values = Readonly<Record<string, any>>;

/** The pod settings among configuration values. */
export interface PodSettings {
  readonly affinity?: object | null;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly resources?: object;
  readonly tolerations?: readonly object[];
  readonly topologySpreadConstraints?: readonly object[];
  readonly priorityClassName?: string;
}

const isWorkload = ({ kind }: NewObject) => kind === "Deployment" || kind === "DaemonSet";

/** The workload of that name, or the first one. Throws Error if there is none. */
export function workload(objects: readonly NewObject[], name?: string): NewObject {
  const found = objects.find((object) => isWorkload(object) && (name === undefined || object.metadata.name === name));
  if (!found) throw new Error(`there is no workload ${name ?? ""}`);
  return found;
}

export const workloads = (objects: readonly NewObject[]): NewObject[] => objects.filter(isWorkload);

/** A container of a workload by name; init containers count. Throws Error if there is none. */
export function container(object: NewObject, name: string): any {
  const { containers = [], initContainers = [] } = object.spec.template.spec;
  const found = [...containers, ...initContainers].find((each: { name: string }) => each.name === name);
  if (!found) throw new Error(`there is no container ${name}`);
  return found;
}

/** Puts pod settings into a workload, which is changed. Resources are those of the first container. */
export function setPods({ spec: { template } }: NewObject, settings: PodSettings): void {
  const { podAnnotations, podLabels, resources, affinity, ...plain } = settings;
  if (podAnnotations) template.metadata.annotations = { ...template.metadata.annotations, ...texts(podAnnotations) };
  // The selector's labels stay: without them the workload would not own its pods.
  if (podLabels) template.metadata.labels = { ...texts(podLabels), ...template.metadata.labels };
  if (resources) template.spec.containers[0].resources = resources;
  if (affinity) template.spec.affinity = affinity;
  for (const key of ["nodeSelector", "tolerations", "topologySpreadConstraints", "priorityClassName"] as const) {
    if (plain[key] !== undefined) template.spec[key] = plain[key];
  }
}

/** Sets environment variables of a container, which is changed. */
export function setEnv(target: { env?: { name: string; value?: string }[] }, values: Readonly<Record<string, string>>): void {
  const others = (target.env ?? []).filter(({ name }) => !Object.hasOwn(values, name));
  target.env = [...others, ...Object.entries(values).map(([name, value]) => ({ name, value }))];
}

/** Sets `--flag=value` arguments of a container, which is changed. */
export function setFlags(target: { args?: string[] }, flags: Readonly<Record<string, string | number | undefined>>): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const others = (target.args ?? []).filter((argument) => !argument.startsWith(`--${flag}=`));
    target.args = [...others, `--${flag}=${value}`];
  }
}

/** Annotations and labels are text in Kubernetes, whatever the document had. */
const texts = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
