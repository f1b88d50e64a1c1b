// Advice that several explanations end with.

/** What lets the VPC resource controller work. */
export const CONTROLLER_POLICY = "attach AmazonEKSVPCResourceController to the cluster's IAM role";
