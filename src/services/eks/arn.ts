// ARNs and record keys of EKS resources (spec eks-control-plane §3.1).

/** Where a resource lives. A Call is one. */
export interface Place {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

const prefix = (place: Place) => `arn:${place.partition}:eks:${place.region}:${place.account}:`;

export const clusterArn = (place: Place, cluster: string) => `${prefix(place)}cluster/${cluster}`;

export const nodegroupArn = (place: Place, cluster: string, nodegroup: string, uuid: string) =>
  `${prefix(place)}nodegroup/${cluster}/${nodegroup}/${uuid}`;

export const fargateProfileArn = (place: Place, cluster: string, profile: string, uuid: string) =>
  `${prefix(place)}fargateprofile/${cluster}/${profile}/${uuid}`;

export const identityProviderConfigArn = (place: Place, cluster: string, name: string, uuid: string) =>
  `${prefix(place)}identityproviderconfig/${cluster}/oidc/${name}/${uuid}`;

/** `type` is the API's (`ACK`); type and uuid may be `*` where the capability is not known. */
export const capabilityArn = (place: Place, cluster: string, type: string, name: string, uuid: string) =>
  `${prefix(place)}capability/${cluster}/${type.toLowerCase()}/${name}/${uuid}`;

export const subscriptionArn = (place: Place, id: string) => `${prefix(place)}eks-anywhere-subscription/${id}`;

export const addonArn = (place: Place, cluster: string, addon: string, uuid: string) => `${prefix(place)}addon/${cluster}/${addon}/${uuid}`;

export const associationArn = (place: Place, cluster: string, id: string) => `${prefix(place)}podidentityassociation/${cluster}/${id}`;

/** `principalArn` is an IAM role or user ARN; its path is dropped. `uuid` may be `*` where the entry is not known. */
export function accessEntryArn(place: Place, cluster: string, principalArn: string, uuid: string): string {
  const [, , , , account = "*", resource = "*/*"] = principalArn.split(":");
  const segments = resource.split("/");
  return `${prefix(place)}access-entry/${cluster}/${segments[0]}/${account}/${segments[segments.length - 1]}/${uuid}`;
}

export const accessPolicyArn = (partition: string, name: string) => `arn:${partition}:eks::aws:cluster-access-policy/${name}`;

/** Key of a cluster record; those of its dependents begin with it and a slash. */
export const clusterKey = (place: Place, cluster: string) => `${place.account}/${place.region}/${cluster}`;

export const childKey = (place: Place, cluster: string, id: string) => `${clusterKey(place, cluster)}/${id}`;
