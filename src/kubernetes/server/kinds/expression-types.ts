// Types of what admission expressions can name, as Kubernetes declares them to CEL.
import type { ASTNode } from "@marcbachmann/cel-js";
import { visitNodes } from "../../cel/program.ts";

/** CEL's type names, or those below, by member. */
export type MemberTypes = Readonly<Record<string, string>>;

const labels = "map(string, string)";
const strings = "list(string)";
const groupVersion = { group: "string", version: "string" };

const structs: Readonly<Record<string, MemberTypes>> = {
  "kubernetes.AdmissionRequest": {
    kind: "kubernetes.GroupVersionKind",
    resource: "kubernetes.GroupVersionResource",
    subResource: "string",
    requestKind: "kubernetes.GroupVersionKind",
    requestResource: "kubernetes.GroupVersionResource",
    requestSubResource: "string",
    name: "string",
    namespace: "string",
    operation: "string",
    userInfo: "kubernetes.UserInfo",
    dryRun: "bool",
    options: "dyn",
  },
  "kubernetes.GroupVersionKind": { ...groupVersion, kind: "string" },
  "kubernetes.GroupVersionResource": { ...groupVersion, resource: "string" },
  "kubernetes.UserInfo": { username: "string", uid: "string", groups: strings, extra: "map(string, list(string))" },
  "kubernetes.Namespace": {
    metadata: "kubernetes.NamespaceMetadata",
    spec: "kubernetes.NamespaceSpec",
    status: "kubernetes.NamespaceStatus",
  },
  "kubernetes.NamespaceMetadata": {
    name: "string",
    generateName: "string",
    namespace: "string",
    labels,
    annotations: labels,
    UID: "string",
    creationTimestamp: "google.protobuf.Timestamp",
    deletionGracePeriodSeconds: "int",
    deletionTimestamp: "google.protobuf.Timestamp",
    generation: "int",
    resourceVersion: "string",
    finalizers: strings,
  },
  "kubernetes.NamespaceSpec": { finalizers: strings },
  "kubernetes.NamespaceStatus": { conditions: "list(kubernetes.NamespaceCondition)", phase: "string" },
};

const roots: MemberTypes = {
  object: "dyn",
  oldObject: "dyn",
  params: "dyn",
  request: "kubernetes.AdmissionRequest",
  namespaceObject: "kubernetes.Namespace",
};
const ownVariables = "variables";
/** The type of a variable whose expression's type is not plain to see. */
export const unknownType = "unknown";

const member = (types: MemberTypes, name: string): string | undefined => (Object.hasOwn(types, name) ? types[name] : undefined);

function membersOf(type: string | undefined, variables: MemberTypes | undefined): MemberTypes | undefined {
  if (type === ownVariables) return variables ?? {};
  return type === undefined ? undefined : structs[type];
}

/** The type of a node that only names something; undefined for everything else. */
export function typeOfNode(node: ASTNode, variables: MemberTypes | undefined): string | undefined {
  if (node.op === "id") return node.args === ownVariables ? ownVariables : member(roots, node.args);
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [target, name] = node.args;
  const owner = typeOfNode(target, variables);
  if (owner === "dyn") return "dyn";
  const held = owner && /^(?:map\(string, |list\()(.*)\)$/.exec(owner)?.[1];
  if (held) return held;
  const members = membersOf(owner, variables);
  const type = members && typeof name === "string" ? member(members, name) : undefined;
  return type === unknownType ? undefined : type;
}

/** The first member that is named and not declared, and where its owner ends in the source. */
export function undefinedMember(ast: ASTNode, variables: MemberTypes | undefined): { name: string; after: number } | undefined {
  let found: { name: string; after: number } | undefined;
  visitNodes(ast, (node) => {
    if (found || (node.op !== "." && node.op !== ".?")) return;
    const [target, name] = node.args;
    const members = membersOf(typeOfNode(target, variables), variables);
    if (members && member(members, name) === undefined) found = { name, after: target.end };
  });
  return found;
}
