// Types of access entries: what they give a principal inside the cluster (spec identity §5.5).
import { invalidParameter } from "./errors.ts";

/** What a type of access entry implies. */
export interface AccessType {
  /** Username template, or undefined where it follows from the principal. */
  readonly username?: string;
  readonly groups: readonly string[];
  /** Only STANDARD entries take a username, groups and policies of the caller's choice. */
  readonly custom: boolean;
  /** Must be a role of the cluster's account. */
  readonly roleOnly: boolean;
  /** Policies allowed: any, none, or one by name. */
  readonly policies: "any" | "none" | string;
}

const PRIVATE_DNS = "system:node:{{EC2PrivateDNSName}}";
const SESSION = "system:node:{{SessionName}}";
const node = (username: string, groups: readonly string[], policies = "none"): AccessType => ({
  username,
  groups,
  custom: false,
  roleOnly: true,
  policies,
});

const TYPES: Readonly<Record<string, AccessType>> = {
  STANDARD: { groups: [], custom: true, roleOnly: false, policies: "any" },
  EC2_LINUX: node(PRIVATE_DNS, ["system:nodes"]),
  EC2_WINDOWS: node(PRIVATE_DNS, ["system:nodes", "eks:kube-proxy-windows"]),
  EC2: node(PRIVATE_DNS, ["system:nodes"], "AmazonEKSAutoNodePolicy"),
  FARGATE_LINUX: node(SESSION, ["system:bootstrappers", "system:nodes", "system:node-proxier"]),
  HYBRID_LINUX: node(SESSION, ["system:nodes"]),
  HYPERPOD_LINUX: node(SESSION, ["system:nodes"]),
};

/** Facts of a type by name; throws InvalidParameterException for an unknown one. */
export function accessType(name: string, clusterName: string): AccessType {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (!type) {
    throw invalidParameter(`The access entry type ${name} is not valid. Valid types: ${Object.keys(TYPES).join(", ")}`, { clusterName });
  }
  return type;
}

/** Username of an entry that names none. A role's path is dropped; `{{SessionName}}` is filled in at authentication. */
export function defaultUsername(type: AccessType, principalArn: string): string {
  if (type.username) return type.username;
  const [, partition, , , account, resource = ""] = principalArn.split(":");
  if (!resource.startsWith("role/")) return principalArn;
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split("/").pop()}/{{SessionName}}`;
}

const RESERVED = ["system:", "eks:", "aws:", "amazon:", "iam:"];

/** Kubernetes groups may not begin with a reserved prefix. Throws InvalidParameterException. */
export function checkGroups(groups: readonly string[], clusterName: string): void {
  for (const group of groups) {
    const prefix = RESERVED.find((reserved) => group.startsWith(reserved));
    if (prefix) throw invalidParameter(`The kubernetes group name ${group} is invalid, it cannot start with ${prefix}`, { clusterName });
    if (group === "") throw invalidParameter("The kubernetes group name must not be empty", { clusterName });
  }
}

/** Usernames may not begin with a reserved prefix, and a colon must come before a session name. Throws InvalidParameterException. */
export function checkUsername(username: string, clusterName: string): void {
  const prefix = RESERVED.find((reserved) => username.startsWith(reserved));
  if (prefix) throw invalidParameter(`The username must not begin with ${prefix}`, { clusterName });
  const session = username.search(/\{\{SessionName(Raw)?\}\}/);
  if (session >= 0 && !username.slice(0, session).includes(":")) {
    throw invalidParameter("The username must contain a colon before {{SessionName}}", { clusterName });
  }
}
