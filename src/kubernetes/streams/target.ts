// Which container of a pod a stream is about, and whether there is something to talk to.
import type { KubeObject } from "../api/object.ts";
import { badRequest } from "../api/status.ts";

const namesIn = (pod: KubeObject, list: string): string[] => (pod.spec?.[list] ?? []).map((each: { name: string }) => each.name);

/** The container that is named, or the only one. Throws 400 in the API server's words. */
export function containerNamed(pod: KubeObject, name: string): string {
  const containers = namesIn(pod, "containers");
  const inits = namesIn(pod, "initContainers");
  const all = [...containers, ...inits, ...namesIn(pod, "ephemeralContainers")];
  if (name) {
    if (!all.includes(name)) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
    return name;
  }
  if (containers.length === 1) return containers[0] as string;
  const more = inits.length > 0 ? ` or one of the init containers: [${inits.join(" ")}]` : "";
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(" ")}]${more}`);
}

/** A container's status, whatever its sort. */
export function statusOf(pod: KubeObject, container: string): any {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((each: any) => each.name === container);
}

/** Throws 400 for a pod that no kubelet has. */
export function requireHost(pod: KubeObject): void {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

/** A kubelet's refusal: plain text, which clients print behind `unable to upgrade connection:`. */
export class KubeletRefusal extends Error {}

/** Throws {@link KubeletRefusal} unless the container runs. */
export function requireRunning(pod: KubeObject, container: string): void {
  if (!statusOf(pod, container)?.state?.running) throw new KubeletRefusal(`container not found (${JSON.stringify(container)})`);
}

/** Throws {@link KubeletRefusal} for a pod without a running container. */
export function requireSandbox(pod: KubeObject): void {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  if (![...containerStatuses, ...initContainerStatuses].some(({ state }: any) => state?.running))
    throw new KubeletRefusal(`pod not found (${JSON.stringify(`${pod.metadata.name}_${pod.metadata.namespace}`)})`);
}
