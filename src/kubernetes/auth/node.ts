// The Node authorizer: a kubelet reads what the pods on its node need, and nothing else (Kubernetes documentation, "Using Node Authorization").
import type { KubeObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { rules } from "./bootstrap/grammar.ts";
import { systemRoles } from "./bootstrap/system-roles.ts";
import { PodsByNode } from "./pods-by-node.ts";
import { ruleAllows } from "./rules.ts";
import type { Attributes, Authorizer, UserInfo, Verdict } from "./types.ts";

/** Name of the node a user is, or undefined. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.groups.includes("system:nodes") || !user.username.startsWith("system:node:")) return undefined;
  return user.username.slice("system:node:".length) || undefined;
}

const nothing: Verdict = { decision: "no-opinion" };
const deny = (reason: string): Verdict => ({ decision: "no-opinion", reason });
const nodeRules = rules(systemRoles["system:node"] as string);
const anyPod = "can only read resources of this type as part of pods bound to the node";

/** Decides for members of system:nodes only. */
export class NodeAuthorizer implements Authorizer {
  readonly name = "Node";
  readonly #objects: ObjectStorage;
  readonly #pods: PodsByNode;

  constructor(objects: ObjectStorage) {
    this.#objects = objects;
    this.#pods = new PodsByNode(objects);
  }

  authorize(attributes: Attributes): Verdict {
    const node = nodeNameOf(attributes.user);
    if (!node) return nothing;
    if (attributes.path !== undefined) return nothing;
    if (!nodeRules.some((rule) => ruleAllows(rule, attributes))) return nothing;
    const { group, resource, subresource, verb, namespace, name } = attributes;
    const allowed: Verdict = { decision: "allow" };
    if (group === "" && (resource === "secrets" || resource === "configmaps")) {
      if (!["get", "list", "watch"].includes(verb)) return nothing;
      if (!name) return deny("can only read namespaced object of this type by name");
      const found = this.#pods.some(node, (pod) => pod.metadata.namespace === namespace && refersTo(pod, resource, name));
      return found ? allowed : deny(`no relationship found between node '${node}' and this object: ${anyPod}`);
    }
    if (group === "" && resource === "persistentvolumeclaims") {
      const found = this.#pods.some(node, (pod) => pod.metadata.namespace === namespace && refersTo(pod, resource, name));
      return found ? allowed : deny(`no relationship found between node '${node}' and this object`);
    }
    if (group === "" && resource === "persistentvolumes")
      return this.#hasVolume(node, name) ? allowed : deny(`no relationship found between node '${node}' and this object`);
    if (group === "" && resource === "serviceaccounts") {
      if (verb !== "create" || subresource !== "token") return deny("can only create tokens for individual service accounts");
      const found = this.#pods.some(
        node,
        (pod) => pod.metadata.namespace === namespace && (pod.spec?.serviceAccountName || "default") === name,
      );
      return found ? allowed : deny(`no relationship found between node '${node}' and this object`);
    }
    if (resource === "leases") {
      if (namespace !== "kube-node-lease") return deny('can only access leases in the "kube-node-lease" system namespace');
      return verb === "create" || name === node ? allowed : deny("can only access node lease with the same name as the requesting node");
    }
    if (resource === "csinodes")
      return verb === "create" || name === node ? allowed : deny("can only access CSINode with the same name as the requesting node");
    return allowed;
  }

  #hasVolume(node: string, name: string): boolean {
    return this.#pods.some(node, (pod) =>
      (pod.spec?.volumes ?? []).some((volume: any) => {
        const claim = volume.persistentVolumeClaim?.claimName;
        const found = claim && this.#objects.get({ group: "", plural: "persistentvolumeclaims" }, pod.metadata.namespace as string, claim);
        return found?.spec?.volumeName === name;
      }),
    );
  }
}

/** Whether a pod mentions an object of its namespace. */
function refersTo(pod: KubeObject, resource: string, name: string): boolean {
  const { volumes = [], containers = [], initContainers = [], imagePullSecrets = [] } = pod.spec ?? {};
  if (resource === "persistentvolumeclaims") {
    return volumes.some(
      (each: any) => each.persistentVolumeClaim?.claimName === name || (each.ephemeral && `${pod.metadata.name}-${each.name}` === name),
    );
  }
  const secret = resource === "secrets";
  if (secret && imagePullSecrets.some((each: any) => each.name === name)) return true;
  for (const container of [...containers, ...initContainers]) {
    for (const from of container.envFrom ?? []) if ((secret ? from.secretRef : from.configMapRef)?.name === name) return true;
    for (const variable of container.env ?? []) {
      const source = secret ? variable.valueFrom?.secretKeyRef : variable.valueFrom?.configMapKeyRef;
      if (source?.name === name) return true;
    }
  }
  return volumes.some((each: any) => {
    if ((secret ? each.secret?.secretName : each.configMap?.name) === name) return true;
    return (each.projected?.sources ?? []).some((source: any) => (secret ? source.secret : source.configMap)?.name === name);
  });
}
