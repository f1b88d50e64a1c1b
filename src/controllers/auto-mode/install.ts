// The objects of Auto Mode in a cluster: definitions, built-in pools and their class, kept as EKS keeps them.
import { isDeepStrictEqual } from "node:util";
import {
  builtInClass,
  builtInPool,
  builtInPools,
  csiDriver,
  DEFAULT_CLASS,
  definitions,
  NODE_CLASSES,
  NODE_POOLS,
} from "../../clusters/auto-mode/built-in.ts";
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { ensureAutoModeEntries } from "../access.ts";
import type { ControllerDeps } from "../deps.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
const DRIVERS = "csidrivers.storage.k8s.io";

/** Puts everything in its place: what was edited or deleted comes back, pools that are switched off go. */
export async function installAutoMode(deps: ControllerDeps, kube: KubeClient, cluster: ClusterRecord): Promise<void> {
  ensureAutoModeEntries(deps, cluster);
  for (const definition of definitions) await keep(kube, DEFINITIONS, definition);
  await keep(kube, DRIVERS, csiDriver);
  const role = cluster.autoModeNodeRoleArn === undefined ? undefined : deps.directory.role(cluster.autoModeNodeRoleArn);
  const wanted = role ? cluster.nodePools : [];
  if (role && wanted.length > 0) {
    await keep(kube, NODE_CLASSES, builtInClass(role.name, cluster.subnetIds, cluster.clusterSecurityGroupId ?? ""));
  }
  for (const name of wanted) await keep(kube, NODE_POOLS, builtInPool(name));
  await removeBuiltIns(
    kube,
    builtInPools.filter((name) => !wanted.includes(name)),
    wanted.length === 0,
  );
}

/** Deletes built-in pools, and the built-in class if nothing needs it. Pools of the customer's under these names are not touched. */
export async function removeBuiltIns(kube: KubeClient, pools: readonly string[], withClass: boolean): Promise<void> {
  const ofEks = (object: KubeObject | undefined) => object?.metadata.labels?.["app.kubernetes.io/managed-by"] === "eks";
  if (!kube.get(DEFINITIONS, "", NODE_POOLS)) return;
  for (const name of pools) if (ofEks(kube.get(NODE_POOLS, "", name))) await kube.delete(NODE_POOLS, "", name).catch(unlessGone);
  const found = kube.get(NODE_CLASSES, "", DEFAULT_CLASS);
  if (withClass && ofEks(found)) await kube.delete(NODE_CLASSES, "", DEFAULT_CLASS).catch(unlessGone);
}

/** Makes an object, or takes its spec back to what EKS wants. */
async function keep(kube: KubeClient, type: string, wanted: NewObject): Promise<void> {
  const name = wanted.metadata.name ?? "";
  const present = kube.get(type, "", name);
  if (!present) {
    await kube.create(type, "", wanted);
    return;
  }
  // Definitions and drivers get defaults of the API server; pools and classes are written in full.
  const exact = type === NODE_POOLS || type === NODE_CLASSES;
  const same = exact ? isDeepStrictEqual(present.spec, wanted.spec) : covers(present.spec, wanted.spec);
  if (present.metadata.deletionTimestamp || same) return;
  await kube.update(type, { ...present, spec: wanted.spec } as KubeObject);
}

/** Whether an object has everything wanted, and no more than defaults besides: lists must be equal, maps at least contain. */
function covers(present: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(present) && present.length === wanted.length && wanted.every((item, index) => covers(present[index], item));
  }
  if (wanted !== null && typeof wanted === "object") {
    if (present === null || typeof present !== "object") return false;
    return Object.entries(wanted).every(([key, value]) => covers((present as Record<string, unknown>)[key], value));
  }
  return present === wanted;
}
