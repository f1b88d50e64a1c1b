// Which pods policies know: those with an address of their own that have not finished (spec vpc-cni §8.1).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { isPodFinished } from "../../kubernetes/runtime/pods.ts";
import { compileSelector, type LabelSelector } from "../../kubernetes/runtime/selectors.ts";
import type { PodEndpoint } from "./types.ts";

/** Whether policies apply to the pod: host network pods are exempt, finished ones gone. */
export const isPolicyPod = (pod: KubeObject): boolean =>
  Boolean(pod.status?.podIP) && pod.spec?.hostNetwork !== true && !isPodFinished(pod);

/** The pods of a namespace's list that a selector selects; without a selector all. */
export function selectedPods(pods: readonly KubeObject[], selector: LabelSelector | undefined): KubeObject[] {
  const matches = compileSelector(selector ?? {});
  return pods.filter((pod) => isPolicyPod(pod) && matches(pod.metadata.labels));
}

/** A pod as a PolicyEndpoint lists it. */
export const podEndpoint = ({ metadata, status }: KubeObject): PodEndpoint => ({
  hostIP: status.hostIP ?? "",
  podIP: status.podIP,
  name: metadata.name,
  namespace: metadata.namespace ?? "",
});
