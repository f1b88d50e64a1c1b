// The webhooks of the VPC resource controller as an admission plugin (spec vpc-cni §6.2).
import { isDeepStrictEqual } from "node:util";
import { CONTROLLER_USERS, ENI_CONFIG_LABEL, FARGATE_GROUPS, POD_ENI, TRUNK_LABEL, WINDOWS_ADDRESS } from "../../cni/branch/names.ts";
import { type GroupPolicy, groupsOfPod } from "../../cni/branch/pod-groups.ts";
import { isWindowsIpamOn } from "../../cni/branch/settings.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../kubernetes/admission/types.ts";
import type { Labels } from "../../kubernetes/api/label-selector.ts";
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import { failure } from "../../kubernetes/api/status.ts";

/** What the webhooks look up. */
export interface VpcResourceSources {
  /** Policies of a namespace. Throws if they cannot be listed. */
  policies(namespace: string): readonly GroupPolicy[];
  /** Labels of a service account; undefined if it does not exist. */
  serviceAccount(namespace: string, name: string): { readonly labels: Labels } | undefined;
  /** Data of the ConfigMap amazon-vpc-cni. */
  settings(): Readonly<Record<string, string>> | undefined;
}

const PROFILE_LABEL = "eks.amazonaws.com/fargate-profile";
const AWS_NODE = "system:serviceaccount:kube-system:aws-node";
const MUTATE_POD = "mpod.vpc.k8s.aws";
const VALIDATE_POD = "vpod.vpc.k8s.aws";
const VALIDATE_NODE = "vnode.vpc.k8s.aws";

/** Asks for branch interfaces on behalf of pods that policies select, and guards what the controller writes. */
export function vpcResourceWebhook(sources: VpcResourceSources): AdmissionPlugin {
  return {
    name: "VpcResourceWebhook",
    mutate(request) {
      if (isPod(request) && request.operation === "CREATE" && request.object?.spec) mutate(request.object, request.namespace, sources);
    },
    validate(request) {
      if (isPod(request)) validatePod(request, sources);
      else if (request.group === "" && request.resource === "nodes" && request.subresource === "") validateNode(request);
    },
  };
}

const isPod = ({ group, resource, subresource }: AdmissionRequest) => group === "" && resource === "pods" && subresource === "";

function denied(webhook: string, text: string): Error {
  return failure(403, "Forbidden", `admission webhook "${webhook}" denied the request: ${text}`);
}

function mutate(pod: NewObject, namespace: string, sources: VpcResourceSources): void {
  if (pod.spec.hostNetwork) return;
  const isFargate = pod.metadata.labels?.[PROFILE_LABEL] !== undefined;
  if (!isFargate && isWindows(pod)) {
    if (isWindowsIpamOn(sources.settings())) ask(pod, WINDOWS_ADDRESS);
    return;
  }
  const groups = groupsFor(pod, pod.metadata.namespace ?? namespace, sources);
  if (!isFargate) {
    if (groups.length > 0) ask(pod, POD_ENI);
    return;
  }
  const { [FARGATE_GROUPS]: given, ...annotations } = pod.metadata.annotations ?? {};
  if (groups.length > 0) pod.metadata.annotations = { ...annotations, [FARGATE_GROUPS]: groups.join(",") };
  else if (given !== undefined) pod.metadata.annotations = annotations;
}

function groupsFor(pod: NewObject, namespace: string, sources: VpcResourceSources): string[] {
  let policies: readonly GroupPolicy[];
  try {
    policies = sources.policies(namespace);
  } catch (error) {
    throw denied(MUTATE_POD, `failed to get matching SGP for pod: ${(error as Error).message}`);
  }
  if (policies.length === 0) return [];
  const name: string = pod.spec.serviceAccountName || "default";
  const account = sources.serviceAccount(namespace, name);
  if (!account) throw denied(MUTATE_POD, `failed to get matching SGP for pod: ServiceAccount "${name}" not found`);
  return groupsOfPod(policies, pod.metadata.labels, account.labels);
}

/** One more of the resource for the first container: limits and requests are equal. */
function ask(pod: NewObject, resource: string): void {
  const [first] = pod.spec.containers ?? [];
  if (!first) return;
  const { limits, requests } = first.resources ?? {};
  first.resources = { ...first.resources, limits: { ...limits, [resource]: "1" }, requests: { ...requests, [resource]: "1" } };
}

function isWindows(pod: NewObject): boolean {
  const selector: Record<string, string> = pod.spec.nodeSelector ?? {};
  return selector["kubernetes.io/os"] === "windows" || selector["beta.kubernetes.io/os"] === "windows";
}

function validatePod({ operation, user, object, oldObject }: AdmissionRequest, sources: VpcResourceSources): void {
  if (operation === "CREATE") {
    const given = GUARDED.find((each) => object?.metadata.annotations?.[each] !== undefined && isGuarded(each, sources));
    if (given) throw denied(VALIDATE_POD, `pod cannot be created with ${given} annotation`);
  } else if (operation === "UPDATE") {
    const changed = (annotation: string) => object?.metadata.annotations?.[annotation] !== oldObject?.metadata.annotations?.[annotation];
    if (GUARDED.some((each) => changed(each) && isGuarded(each, sources)) && !CONTROLLER_USERS.includes(user.username))
      throw denied(VALIDATE_POD, "annotation is not set by vpc-resource-controller");
    if (changed(FARGATE_GROUPS)) throw denied(VALIDATE_POD, "annotation is not set by mutating webhook");
  }
}

/** Annotations that are the controller's alone; that of Windows while it manages their addresses. */
const GUARDED = [POD_ENI, WINDOWS_ADDRESS];
const isGuarded = (annotation: string, sources: VpcResourceSources) => annotation === POD_ENI || isWindowsIpamOn(sources.settings());

function validateNode({ operation, user, object, oldObject }: AdmissionRequest): void {
  if (operation !== "UPDATE" || user.username !== AWS_NODE || !object || !oldObject) return;
  if (!isDeepStrictEqual(others(object), others(oldObject)))
    throw denied(VALIDATE_NODE, "aws-node can only update limited fields on the Node Object");
}

/** A node without what the CNI may change, and what every write changes. */
function others(node: NewObject | KubeObject): unknown {
  const { managedFields: _m, resourceVersion: _r, generation: _g, labels = {}, ...metadata } = node.metadata;
  const { [TRUNK_LABEL]: _t, [ENI_CONFIG_LABEL]: _e, ...rest } = labels;
  return structuredClone({ ...node, metadata: { ...metadata, labels: rest } });
}
