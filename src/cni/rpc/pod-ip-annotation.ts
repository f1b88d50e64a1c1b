// ANNOTATE_POD_IP: the pod's address in an annotation of its own (spec vpc-cni §3.12).

/** Key of the annotation. */
export const POD_IPS = "vpc.amazonaws.com/pod-ips";

/** Pods of the API server, as far as the annotation needs them. */
export interface AnnotatedPods {
  /** The pod's annotations; undefined if there is no such pod. */
  annotations(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
  annotate(namespace: string, name: string, annotations: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Writes `address` to the pod's annotation; empty when `released` is given back, and then only if that is what the annotation says. A pod that is
 * gone is fine. Rejects if the annotation is another's, or the API server refuses.
 */
export async function annotatePodIp(pods: AnnotatedPods, namespace: string, name: string, address: string, released = ""): Promise<void> {
  const present = pods.annotations(namespace, name);
  if (!present || (present[POD_IPS] ?? "") === address) return;
  if (released !== "" && present[POD_IPS] !== released)
    throw new Error(`released IP ${released} does not match existing annotation. Not patching pod`);
  await pods.annotate(namespace, name, { [POD_IPS]: address });
}
