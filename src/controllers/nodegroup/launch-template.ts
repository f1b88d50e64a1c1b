// The launch template `eks-<uuid>` that EKS makes for a node group: a copy of the customer's with what EKS adds (spec eks-control-plane §3.4, §13.1).
import { createHash } from "node:crypto";
import type { RequestLaunchTemplateData, TagSpecification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { resolveTemplate } from "../../services/eks/launch-template.ts";
import type { NodegroupSettings, OwnTemplateRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { Failure } from "../issues.ts";
import type { Group } from "./group.ts";
import { wantedImage } from "./images.ts";
import { ownedName } from "./profile.ts";
import { userDataOf } from "./user-data.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions" | "state">;

/** As many versions are remembered. */
const REMEMBERED = 50;

/** The customer's template that settings name; empty if they name none. */
export const sourceOf = ({ launchTemplate: template }: NodegroupSettings) => (template?.id ? `${template.id}:${template.version}` : "");

/** The template with a version for these settings, made if need be. Throws EC2's error. */
export async function ensureTemplate(
  deps: Deps,
  group: Group,
  settings: NodegroupSettings,
): Promise<{ readonly id: string; readonly version: string; readonly hasType: boolean }> {
  const { cluster, nodegroup, key } = group;
  const service = asService(deps, cluster, "nodegroup");
  const LaunchTemplateData = await dataOf(deps, group, settings);
  const digest = createHash("sha256").update(JSON.stringify(LaunchTemplateData)).digest("hex");
  const hasType = LaunchTemplateData.InstanceType !== undefined;
  const remembered = deps.state.nodegroups.get(key)?.ownTemplate;
  const source = sourceOf(settings);
  const known = remembered?.versions.findLast((each) => each.digest === digest && each.source === source);
  if (remembered && known) return { id: remembered.id, version: String(known.version), hasType };
  const own = remembered ?? (await find(deps, group));
  const remember = (id: string, version: number) => {
    const versions = [...(own?.versions ?? []), { version, source, digest }].slice(-REMEMBERED);
    const ownTemplate: OwnTemplateRecord = { id, name: ownedName(nodegroup), versions };
    deps.state.nodegroups.update(key, (current) => ({ ...current, ownTemplate }));
    return { id, version: String(version), hasType };
  };
  if (own) {
    const input = { LaunchTemplateId: own.id, LaunchTemplateData };
    const { LaunchTemplateVersion } = await deps.invoke("ec2", "CreateLaunchTemplateVersion", input, service);
    return remember(own.id, LaunchTemplateVersion!.VersionNumber!);
  }
  const Tags = [
    { Key: "eks:cluster-name", Value: cluster.name },
    { Key: "eks:nodegroup-name", Value: nodegroup.name },
  ];
  const input = {
    ...{ LaunchTemplateName: ownedName(nodegroup), LaunchTemplateData },
    TagSpecifications: [{ ResourceType: "launch-template" as const, Tags }],
  };
  const { LaunchTemplate } = await deps.invoke("ec2", "CreateLaunchTemplate", input, service);
  return remember(LaunchTemplate!.LaunchTemplateId!, 1);
}

/** Throws Failure if somebody deleted the template or the version in force (EKS User Guide, managed node group errors). */
export async function checkTemplate(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  const { ownTemplate: own } = nodegroup;
  const last = own?.versions.at(-1);
  if (!own || !last) return;
  const input = { LaunchTemplateId: own.id, Versions: [String(last.version)] };
  const found = await deps.invoke("ec2", "DescribeLaunchTemplateVersions", input, asService(deps, cluster, "nodegroup")).catch(notFound);
  if (found === "template") throw failure("Ec2LaunchTemplateNotFound", NO_TEMPLATE, own.id);
  if (found === "version" || !found.LaunchTemplateVersions?.length) throw failure("Ec2LaunchTemplateVersionMismatch", NO_VERSION, own.id);
}

/** Takes the template away; it may be gone. */
export async function deleteTemplate(deps: Deps, group: Group): Promise<void> {
  const own = await find(deps, group);
  if (!own) return;
  const service = asService(deps, group.cluster, "nodegroup");
  await deps.invoke("ec2", "DeleteLaunchTemplate", { LaunchTemplateId: own.id }, service).catch(notFound);
}

/** The template by its name: what was made right before a crash is in no record. */
async function find(deps: Deps, { cluster, nodegroup }: Group): Promise<OwnTemplateRecord | undefined> {
  const name = ownedName(nodegroup);
  const input = { Filters: [{ Name: "launch-template-name", Values: [name] }] };
  const { LaunchTemplates } = await deps.invoke("ec2", "DescribeLaunchTemplates", input, asService(deps, cluster, "nodegroup"));
  const id = LaunchTemplates?.[0]?.LaunchTemplateId;
  return id === undefined ? undefined : { id, name, versions: [] };
}

const NO_TEMPLATE =
  "We couldn't find the EC2 launch template for your managed node group. You may be able to recreate a launch template with the same settings to recover.";
const NO_VERSION =
  "The EC2 launch template version for your managed node group does not match the version that Amazon EKS created. You may be able to revert to the version that Amazon EKS created to recover.";

const failure = (nodegroup: "Ec2LaunchTemplateNotFound" | "Ec2LaunchTemplateVersionMismatch", message: string, id: string) =>
  new Failure({ cluster: "ResourceNotFound", nodegroup, update: "Unknown" }, message, [id]);

function notFound(error: unknown): "template" | "version" {
  if (!(error instanceof AwsError) || !error.code.startsWith("InvalidLaunchTemplateId")) throw error;
  return error.code.includes("Version") ? "version" : "template";
}

/** What the template says: the customer's data and, where that is silent, EKS's. */
async function dataOf(deps: Deps, group: Group, settings: NodegroupSettings): Promise<RequestLaunchTemplateData> {
  const { cluster, nodegroup } = group;
  const subject = { clusterName: cluster.name, nodegroupName: nodegroup.name };
  const service = asService(deps, cluster, "nodegroup");
  const customers = settings.launchTemplate ? await resolveTemplate(deps, settings.launchTemplate, service, subject) : undefined;
  const data = (customers?.data ?? {}) as RequestLaunchTemplateData;
  const ownGroups = data.SecurityGroupIds?.length || data.SecurityGroups?.length || data.NetworkInterfaces?.length;
  const { remoteAccessSecurityGroup: remote, remoteAccess, diskSize } = nodegroup;
  const userData = userDataOf(group, settings, data.UserData);
  return {
    ...data,
    ImageId: wantedImage(group, settings),
    IamInstanceProfile: { Name: ownedName(nodegroup) },
    ...(ownGroups ? {} : { SecurityGroupIds: [cluster.clusterSecurityGroupId!, ...(remote ? [remote] : [])] }),
    ...(remoteAccess?.ec2SshKey ? { KeyName: remoteAccess.ec2SshKey } : {}),
    ...(customers ? {} : { MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 } }),
    ...(diskSize && !customers
      ? { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: diskSize, DeleteOnTermination: true } }] }
      : {}),
    ...(userData !== undefined && { UserData: userData }),
    TagSpecifications: tagsOver(data.TagSpecifications ?? [], [
      { Key: "eks:cluster-name", Value: cluster.name },
      { Key: "eks:nodegroup-name", Value: nodegroup.name },
    ]),
  };
}

/** Tag specifications with EKS's own tags for instances and volumes. */
function tagsOver(given: readonly TagSpecification[], own: { Key: string; Value: string }[]): TagSpecification[] {
  const types = ["instance", "volume"] as const;
  const merged = types.map((ResourceType) => {
    const tags = given.filter((each) => each.ResourceType === ResourceType).flatMap(({ Tags = [] }) => Tags);
    return { ResourceType, Tags: [...tags.filter(({ Key }) => !own.some((each) => each.Key === Key)), ...own] };
  });
  return [...given.filter(({ ResourceType }) => !types.some((type) => type === ResourceType)), ...merged];
}
