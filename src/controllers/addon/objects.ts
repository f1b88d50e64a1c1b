// The Kubernetes objects of an add-on in a cluster.
import { coredns } from "../../clusters/addons/coredns.ts";
import type { AddonFacts } from "../../clusters/addons/facts.ts";
import { kubeProxy } from "../../clusters/addons/kube-proxy.ts";
import { podIdentityAgent } from "../../clusters/addons/pod-identity-agent.ts";
import { vpcCni } from "../../clusters/addons/vpc-cni.ts";
import { serviceAddress } from "../../clusters/facts.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import type { AddonRecord, ClusterRecord } from "../../services/eks/records.ts";

const MANIFESTS: Readonly<Record<string, (facts: AddonFacts) => NewObject[]>> = {
  "vpc-cni": vpcCni,
  coredns,
  "kube-proxy": kubeProxy,
  "eks-pod-identity-agent": podIdentityAgent,
};

/** Account that publishes EKS's add-on images in most regions. */
const REGISTRY_ACCOUNT = "602401143452";

/** The add-on's objects in order of creation; its IRSA role is on its service account unless Pod Identity serves that. */
export function addonObjects(cluster: ClusterRecord, addon: AddonRecord): NewObject[] {
  const manifests = MANIFESTS[addon.name];
  if (!manifests) throw new Error(`there are no manifests of the add-on ${addon.name}`);
  const objects = manifests({
    clusterName: cluster.name,
    region: cluster.region,
    vpcId: cluster.vpcId,
    ipFamily: cluster.ipFamily,
    endpoint: cluster.endpoint ?? "",
    dnsAddress: serviceAddress(cluster.serviceIpv4Cidr ?? cluster.serviceIpv6Cidr ?? "", 10),
    version: addon.version,
    registry: `${REGISTRY_ACCOUNT}.dkr.ecr.${cluster.region}.amazonaws.com`,
  });
  const role = addon.associationIds.length === 0 ? addon.serviceAccountRoleArn : undefined;
  return role ? objects.map((object) => (object.kind === "ServiceAccount" ? annotated(object, role) : object)) : objects;
}

const annotated = (object: NewObject, roleArn: string): NewObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, "eks.amazonaws.com/role-arn": roleArn } },
});
