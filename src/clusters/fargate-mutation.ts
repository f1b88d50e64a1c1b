// Sends new pods that a Fargate profile takes to the Fargate scheduler (EKS User Guide, "Define which Pods use AWS Fargate when launched").
import type { AdmissionPlugin } from "../kubernetes/admission/types.ts";
import type { NewObject } from "../kubernetes/api/object.ts";

const PROFILE_LABEL = "eks.amazonaws.com/fargate-profile";
/** On a pod with the value `ec2`: not for Fargate. EKS's coredns used to carry it. */
const COMPUTE_TYPE = "eks.amazonaws.com/compute-type";

export const FARGATE_SCHEDULER = "fargate-scheduler";

/** Name of the profile that takes a pod, if one does. */
export type FindProfile = (namespace: string, labels: Readonly<Record<string, string>>) => string | undefined;

/** Mutates pods at creation only. Pods of daemon sets, and those another scheduler or a node was named for, are left alone. */
export function fargateMutation(find: FindProfile): AdmissionPlugin {
  return {
    name: "FargateMutation",
    mutate({ operation, group, resource, subresource, namespace, object }) {
      if (operation !== "CREATE" || group !== "" || resource !== "pods" || subresource !== "" || !object?.spec) return;
      if (!isEligible(object)) return;
      const profile = find(object.metadata.namespace ?? namespace, object.metadata.labels ?? {});
      if (!profile) return;
      object.metadata.labels = { ...object.metadata.labels, [PROFILE_LABEL]: profile };
      object.spec.schedulerName = FARGATE_SCHEDULER;
    },
  };
}

function isEligible({ metadata, spec }: NewObject): boolean {
  if (metadata.annotations?.[COMPUTE_TYPE] === "ec2") return false;
  if (metadata.ownerReferences?.some((owner) => owner.kind === "DaemonSet")) return false;
  return !spec.nodeName && (spec.schedulerName ?? "default-scheduler") === "default-scheduler";
}
