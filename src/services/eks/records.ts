// What EKS remembers. Times are epoch milliseconds; everything else is as the API shows it unless said otherwise.
import type {
  AddonIssueCode,
  AddonStatus,
  AMITypes,
  AuthenticationMode,
  CapacityTypes,
  CertificateAuthorityActivatedBy,
  ClusterIssueCode,
  ClusterStatus,
  ControlPlaneEgressModeType,
  EncryptionConfig,
  ErrorCode,
  KubeApiServerConfigRequest,
  KubeControllerManagerConfigRequest,
  KubeSchedulerConfigRequest,
  LaunchTemplateSpecification,
  LogType,
  NodegroupIssueCode,
  NodegroupScalingConfig,
  NodegroupStatus,
  NodegroupUpdateConfig,
  NodeRepairConfig,
  ProvisionedControlPlaneTier,
  RemoteAccessConfig,
  RemoteNetworkConfigResponse,
  SupportType,
  Taint,
  UpdateParam,
  UpdateStatus,
  UpdateType,
  WarmPoolConfig,
} from "@aws-sdk/client-eks";

export type Tags = Readonly<Record<string, string>>;

/** Something wrong with a resource. */
export interface IssueRecord<Code extends string> {
  readonly code: Code;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

/** The members of a cluster that UpdateClusterConfig and UpdateClusterVersion can change. */
export interface ClusterSettings {
  readonly version: string;
  readonly platformVersion: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
  readonly controlPlaneEgressMode: ControlPlaneEgressModeType;
  /** Enabled log types, in EKS's order. */
  readonly logTypes: readonly LogType[];
  readonly authenticationMode: AuthenticationMode;
  readonly supportType: SupportType;
  readonly zonalShiftEnabled: boolean;
  /** Some request has spoken of zonal shift: until then clusters do not show it. */
  readonly zonalShiftConfigured?: boolean;
  /** EKS Auto Mode: compute, load balancing and block storage are on together. */
  readonly autoMode: boolean;
  /** Some request has spoken of Auto Mode, be it to say no: until then clusters do not show its compute and storage. */
  readonly autoModeConfigured?: boolean;
  readonly nodePools: readonly string[];
  readonly autoModeNodeRoleArn?: string;
  readonly gatewayApiCrdsManaged?: boolean;
  readonly remoteNetworkConfig?: RemoteNetworkConfigResponse;
  readonly deletionProtection: boolean;
  readonly tier: ProvisionedControlPlaneTier;
  readonly encryptionConfig?: readonly EncryptionConfig[];
  /** The grant on its key, which the cluster role has. */
  readonly encryptionGrantId?: string;
  readonly kubeApiServerConfig?: KubeApiServerConfigRequest;
  readonly kubeSchedulerConfig?: KubeSchedulerConfigRequest;
  readonly kubeControllerManagerConfig?: KubeControllerManagerConfigRequest;
  /** The certificate authority that signs, unless it is the one the cluster was made with and nobody ever changed that. */
  readonly activeAuthority?: { readonly id: string; readonly activatedBy: CertificateAuthorityActivatedBy };
}

/** Who made a cluster: the IAM user or role (not session) behind the caller. */
export interface ClusterCreator {
  readonly principalArn: string;
  readonly principalId: string;
}

/** A cluster. */
export interface ClusterRecord extends ClusterSettings {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly status: ClusterStatus;
  readonly roleArn: string;
  readonly vpcId: string;
  /** Availability zones of the subnets given at creation; later subnets must cover exactly these. */
  readonly availabilityZones: readonly string[];
  readonly ipFamily: "ipv4" | "ipv6";
  readonly serviceIpv4Cidr?: string;
  readonly serviceIpv6Cidr?: string;
  readonly bootstrapCreatorAdmin: boolean;
  readonly bootstrapSelfManagedAddons: boolean;
  readonly creator: ClusterCreator;
  readonly clientRequestToken?: string;
  readonly tags: Tags;
  readonly health: readonly IssueRecord<ClusterIssueCode>[];
  /** Names the cluster in its endpoint and issuer. */
  readonly hexId: string;
  readonly securityGroupName: string;
  /** Made by the controller. */
  readonly clusterSecurityGroupId?: string;
  /** Control-plane interfaces in force, and what they were made for: `create` or the id of the update that replaced them. */
  readonly interfaces?: { readonly ids: readonly string[]; readonly generation: string };
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly oidcIssuer?: string;
  /** Successful in-place upgrades and rollbacks, oldest first. */
  readonly versionHistory: readonly { readonly version: string; readonly at: number; readonly rollback: boolean }[];
  /** Id of the update in progress while UPDATING. */
  readonly activeUpdate?: string;
  readonly deletingSince?: number;
}

/** What an update applies to. */
export interface UpdateScope {
  readonly nodegroupName?: string;
  readonly addonName?: string;
  readonly capabilityName?: string;
}

/** An update. `change` is what the controller applies: members of {@link ClusterSettings} or {@link NodegroupSettings}. */
export interface UpdateRecord {
  readonly id: string;
  readonly scope: UpdateScope;
  readonly type: UpdateType;
  readonly status: UpdateStatus;
  readonly params: readonly UpdateParam[];
  readonly createdAt: number;
  readonly errors: readonly { readonly errorCode: ErrorCode; readonly errorMessage: string; readonly resourceIds: readonly string[] }[];
  readonly change: Readonly<Partial<ClusterSettings & NodegroupSettings>>;
  /** Evict pods even if a disruption budget forbids it, or skip readiness gates. */
  readonly force?: boolean;
  readonly finishedAt?: number;
}

/** The members of a node group that updates can change. */
export interface NodegroupSettings {
  readonly version: string;
  readonly releaseVersion: string;
  readonly scalingConfig: Required<{ [K in keyof NodegroupScalingConfig]: number }>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly updateConfig: NodegroupUpdateConfig;
  readonly nodeRepairConfig?: NodeRepairConfig;
  readonly warmPoolConfig?: WarmPoolConfig;
  readonly launchTemplate?: LaunchTemplateSpecification;
}

/** The launch template that EKS makes for a group. */
export interface OwnTemplateRecord {
  readonly id: string;
  readonly name: string;
  /** Versions EKS made, oldest first: from which version of the customer's (`<id>:<version>`, or empty), and a digest of the data. */
  readonly versions: readonly { readonly version: number; readonly source: string; readonly digest: string }[];
}

/** A managed node group. */
export interface NodegroupRecord extends NodegroupSettings {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  /** Last part of the ARN; also in the names of what the group owns (`eks-<uuid>`). */
  readonly uuid: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly status: NodegroupStatus;
  readonly capacityType: CapacityTypes;
  readonly instanceTypes?: readonly string[];
  readonly subnets: readonly string[];
  readonly amiType: AMITypes;
  readonly nodeRole: string;
  readonly diskSize?: number;
  readonly remoteAccess?: RemoteAccessConfig;
  readonly remoteAccessSecurityGroup?: string;
  readonly tags: Tags;
  readonly health: readonly IssueRecord<NodegroupIssueCode>[];
  readonly autoScalingGroupName: string;
  readonly activeUpdate?: string;
  readonly deletingSince?: number;
  /** Absent until the first launch. */
  readonly ownTemplate?: OwnTemplateRecord;
  /** Ids of instances that somebody had terminated through the Auto Scaling group. */
  readonly leaving?: readonly string[];
}

/** The members of an add-on that UpdateAddon can change. */
export interface AddonSettings {
  /** Empty for marketplace add-ons, whose versions are not known. */
  readonly version: string;
  readonly serviceAccountRoleArn?: string;
  /** As given. */
  readonly configurationValues?: string;
}

/** An add-on of a cluster. */
export interface AddonRecord extends AddonSettings {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  readonly status: AddonStatus;
  readonly health: readonly IssueRecord<AddonIssueCode>[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly tags: Tags;
  readonly namespace: string;
  readonly resolveConflicts: "NONE" | "OVERWRITE" | "PRESERVE";
  /** What the update in progress is to bring; the settings themselves are those last in force. */
  readonly wanted?: AddonSettings;
  readonly activeUpdate?: string;
  /** When its pods had to be made anew because associations changed. */
  readonly restartedAt?: number;
  /** Objects of the cluster are the add-on's: not if its creation failed over what others own. */
  readonly installed?: boolean;
  /** Leave the Kubernetes objects behind when deleting. */
  readonly preserve?: boolean;
}

/** An access entry with the policies associated with it. */
export interface AccessEntryRecord {
  readonly clusterName: string;
  readonly principalArn: string;
  /** Unique id (AROA…, AIDA…): a principal made anew under the same name does not match. */
  readonly principalId: string;
  readonly arn: string;
  readonly type: string;
  readonly username: string;
  readonly kubernetesGroups: readonly string[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly tags: Tags;
  readonly policies: readonly AssociatedPolicyRecord[];
}

export interface AssociatedPolicyRecord {
  readonly policyArn: string;
  readonly scope: "cluster" | "namespace";
  readonly namespaces: readonly string[];
  readonly associatedAt: number;
  readonly modifiedAt: number;
}

/** A pod identity association. */
export interface AssociationRecord {
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
  readonly arn: string;
  readonly id: string;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly ownerArn?: string;
  readonly disableSessionTags: boolean;
  readonly targetRoleArn?: string;
  readonly externalId?: string;
  readonly policy?: string;
}

/** A client request token that was used. */
export interface TokenRecord {
  /** Digest of the request's other members. */
  readonly digest: string;
  /** What the request made: an id that the operation understands. */
  readonly result: string;
  readonly usedAt: number;
}
