// The custom resource definitions that capabilities bring into a cluster (the projects' own API references). Schemas are open.
import type { NewObject } from "../../kubernetes/api/object.ts";
import { crd } from "../addons/crd.ts";

/** Kinds of ACK's service controllers, all `v1alpha1` of `<service>.services.k8s.aws` and namespaced: `plural:Kind`. */
const ACK_KINDS: Readonly<Record<string, string>> = {
  acm: "certificates:Certificate",
  apigatewayv2:
    "apis:API authorizers:Authorizer deployments:Deployment integrations:Integration routes:Route stages:Stage vpclinks:VPCLink",
  cloudwatch: "metricalarms:MetricAlarm",
  cloudwatchlogs: "loggroups:LogGroup",
  dynamodb: "backups:Backup globaltables:GlobalTable tables:Table",
  ec2: "dhcpoptions:DHCPOptions elasticipaddresses:ElasticIPAddress instances:Instance internetgateways:InternetGateway natgateways:NATGateway routetables:RouteTable securitygroups:SecurityGroup subnets:Subnet transitgateways:TransitGateway vpcendpoints:VPCEndpoint vpcs:VPC",
  ecr: "pullthroughcacherules:PullThroughCacheRule repositories:Repository",
  efs: "accesspoints:AccessPoint filesystems:FileSystem mounttargets:MountTarget",
  eks: "accessentries:AccessEntry addons:Addon clusters:Cluster fargateprofiles:FargateProfile nodegroups:Nodegroup podidentityassociations:PodIdentityAssociation",
  eventbridge: "eventbuses:EventBus rules:Rule",
  iam: "groups:Group instanceprofiles:InstanceProfile openidconnectproviders:OpenIDConnectProvider policies:Policy roles:Role users:User",
  kms: "aliases:Alias grants:Grant keys:Key",
  lambda:
    "aliases:Alias codesigningconfigs:CodeSigningConfig eventsourcemappings:EventSourceMapping functions:Function functionurlconfigs:FunctionURLConfig layerversions:LayerVersion versions:Version",
  rds: "dbclusters:DBCluster dbinstances:DBInstance dbparametergroups:DBParameterGroup dbsubnetgroups:DBSubnetGroup globalclusters:GlobalCluster",
  s3: "buckets:Bucket",
  secretsmanager: "secrets:Secret",
  sfn: "activities:Activity statemachines:StateMachine",
  sns: "platformapplications:PlatformApplication platformendpoints:PlatformEndpoint subscriptions:Subscription topics:Topic",
  sqs: "queues:Queue",
};

const NAMESPACED = "Namespaced";

function ackDefinitions(): NewObject[] {
  const common = [
    crd("fieldexports", "FieldExport", "services.k8s.aws", "v1alpha1", NAMESPACED),
    crd("iamroleselectors", "IAMRoleSelector", "services.k8s.aws", "v1alpha1", "Cluster"),
  ];
  const kinds = Object.entries(ACK_KINDS).flatMap(([service, list]) =>
    list.split(" ").map((each) => {
      const [plural = "", kind = ""] = each.split(":");
      return crd(plural, kind, `${service}.services.k8s.aws`, "v1alpha1", NAMESPACED);
    }),
  );
  return [...common, ...kinds];
}

const ARGO = "argoproj.io";

const DEFINITIONS = {
  ACK: ackDefinitions,
  ARGOCD: () => [
    crd("applications", "Application", ARGO, "v1alpha1", NAMESPACED, ["app", "apps"]),
    crd("applicationsets", "ApplicationSet", ARGO, "v1alpha1", NAMESPACED, ["appset", "appsets"]),
    crd("appprojects", "AppProject", ARGO, "v1alpha1", NAMESPACED, ["appproj", "appprojs"]),
  ],
  KRO: () => [crd("resourcegraphdefinitions", "ResourceGraphDefinition", "kro.run", "v1alpha1", "Cluster", ["rgd"])],
} as const;

/** What a capability of a type (`ACK`, `ARGOCD`, `KRO`) puts into a cluster, in order of creation; `namespace` is Argo CD's. */
export function capabilityObjects(type: keyof typeof DEFINITIONS, namespace: string | undefined): NewObject[] {
  const home = namespace === undefined ? [] : [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }];
  return [...home, ...DEFINITIONS[type]()];
}
