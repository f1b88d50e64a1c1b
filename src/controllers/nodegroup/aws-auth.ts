// The aws-auth ConfigMap, which lets nodes in where access entries do not (spec identity §5.4).
import { parse, stringify } from "yaml";
import { StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";

/** A role's mapping. */
interface RoleMapping {
  rolearn: string;
  username: string;
  groups: string[];
}

/** The role's ARN without its path, which is how the ConfigMap names roles. */
const withoutPath = (roleArn: string) => roleArn.replace(/:role\/.*\//, ":role/");

/** Lets the nodes of a node group in. */
export function mapNodeRole(kube: KubeClient, roleArn: string, windows: boolean): Promise<void> {
  const groups = ["system:bootstrappers", "system:nodes", ...(windows ? ["eks:kube-proxy-windows"] : [])];
  return mapRole(kube, roleArn, "system:node:{{EC2PrivateDNSName}}", groups);
}

/** Lets Fargate machines in. */
export const mapFargateRole = (kube: KubeClient, roleArn: string) =>
  mapRole(kube, roleArn, "system:node:{{SessionName}}", ["system:bootstrappers", "system:nodes", "system:node-proxier"]);

/** Adds the mapping of a role unless the role is mapped; a mapRoles that cannot be read is left alone. */
async function mapRole(kube: KubeClient, roleArn: string, username: string, groups: string[]): Promise<void> {
  const found = kube.get("configmaps", "kube-system", "aws-auth");
  const mappings = read(found?.data?.mapRoles);
  const rolearn = withoutPath(roleArn);
  if (!mappings || mappings.some((mapping) => mapping?.rolearn === rolearn)) return;
  const added: RoleMapping = { rolearn, username, groups };
  const data = { mapRoles: stringify([...mappings, added]) };
  if (found) {
    await kube.patch("configmaps", "kube-system", "aws-auth", "merge", { data }, { fieldManager: "vpcLambda" });
    return;
  }
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "aws-auth", namespace: "kube-system" }, data };
  await kube.create("configmaps", "kube-system", object).catch((error: unknown) => {
    if (!(error instanceof StatusError) || error.code !== 409) throw error;
  });
}

function read(text: unknown): RoleMapping[] | undefined {
  if (typeof text !== "string" || text.trim() === "") return [];
  try {
    const value: unknown = parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
