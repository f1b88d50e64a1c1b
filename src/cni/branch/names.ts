// Names that the VPC resource controller, the CNI and users share (spec vpc-cni §6; Amazon VPC resource controller).

export { INSTANCE_TAG } from "../ipamd/tags.ts";

/** The extended resource that a pod with a branch interface asks for, and the annotation that tells it which it got. */
export const POD_ENI = "vpc.amazonaws.com/pod-eni";
/** Resource and annotation of Windows pods, whose addresses the controller manages. */
export const WINDOWS_ADDRESS = "vpc.amazonaws.com/PrivateIPv4Address";
/** Groups of a Fargate pod's interface, by comma. */
export const FARGATE_GROUPS = "fargate.amazonaws.com/pod-sg";

export const CNI_NODES = "cninodes.vpcresources.k8s.aws";
export const GROUP_POLICIES = "securitygrouppolicies.vpcresources.k8s.aws";
/** Cluster-wide settings of CNI and controller, in kube-system. */
export const CNI_CONFIG_MAP = "amazon-vpc-cni";

/** Node labels that older releases of the CNI set. */
export const TRUNK_LABEL = "vpc.amazonaws.com/has-trunk-attached";
export const ENI_CONFIG_LABEL = "vpc.amazonaws.com/eniConfig";

/** Tags of interfaces. */
export const OWNER_TAG = "eks:eni:owner";
export const CONTROLLER_OWNER = "eks-vpc-resource-controller";
export const CNI_OWNER = "amazon-vpc-cni";
export const CLUSTER_TAG = "cluster.k8s.amazonaws.com/name";
export const VLAN_TAG = "vpcresources.k8s.aws/vlan-id";
export const TRUNK_TAG = "vpcresources.k8s.aws/trunk-eni-id";

/** Users the controller is known by: they alone write its annotations. */
export const CONTROLLER_USERS: readonly string[] = [
  "system:serviceaccount:kube-system:vpc-resource-controller",
  "system:serviceaccount:kube-system:eks-vpc-resource-controller",
  "eks:vpc-resource-controller",
];
