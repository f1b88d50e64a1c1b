// Name and tags of the sessions pods get (spec identity §3.3).

import type { TagMap } from "../../aws/caller.ts";
import { uuid } from "../../aws/ids.ts";
import type { Random } from "../../base/random.ts";
import type { PodTokenClaims } from "../ports.ts";
import type { ClusterIdentity } from "./deps.ts";

/** `eks-<cluster>-<pod>-<uuid>`, the first two cut so that all fits into 64 characters. */
export function sessionName(cluster: string, pod: string, random: Random): string {
  return `eks-${cluster.slice(0, 11)}-${pod.slice(0, 10)}-${uuid(random)}`;
}

/** The six tags that say which pod this is (EKS User Guide, List of session tags added by EKS Pod Identity). */
export function sessionTags(cluster: ClusterIdentity, claims: PodTokenClaims): TagMap {
  return {
    "eks-cluster-arn": cluster.arn,
    "eks-cluster-name": cluster.name,
    "kubernetes-namespace": claims.namespace,
    "kubernetes-service-account": claims.serviceAccount,
    "kubernetes-pod-name": claims.podName,
    "kubernetes-pod-uid": claims.podUid,
  };
}
