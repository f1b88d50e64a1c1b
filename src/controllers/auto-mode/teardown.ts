// Switching Auto Mode off, and the end of a cluster: its instances go, its volumes stay (spec eks-control-plane §16.1, §5.8).
import { builtInPools, DEFAULT_CLASS, DRIVER, NODE_CLAIMS, NODE_CLASSES } from "../../clusters/auto-mode/built-in.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { deleteInstanceProfile } from "../instance-profile.ts";
import { endLoadBalancing, releaseObjects } from "../load-balancing/remove.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import { removeBuiltIns } from "./install.ts";
import { instanceIdOf, lives, managedInstances, terminateManaged } from "./instances.ts";
import { PROFILE_PREFIX, profileName } from "./node-class.ts";

/** Terminates every instance of a cluster's Auto Mode without draining. Answers how many are still on their way out. */
async function endInstances(deps: ControllerDeps, cluster: ClusterRecord): Promise<number> {
  const instances = await managedInstances(deps, cluster);
  for (const [id, instance] of instances) {
    await deps.nodes.shutdown(id);
    if (lives(instance)) await terminateManaged(deps, cluster, id);
  }
  return instances.size;
}

/** Deletes the instance profiles of classes: those there are, the built-in one, and those of instances if the cluster does not run. */
async function endProfiles(deps: ControllerDeps, cluster: ClusterRecord, kube: KubeClient | undefined): Promise<void> {
  const classes = [DEFAULT_CLASS, ...(kube?.list(NODE_CLASSES) ?? []).map(({ metadata }) => metadata.name)];
  const own = new Set(classes.map((name) => profileName({ cluster }, name)));
  for (const { IamInstanceProfile } of (await managedInstances(deps, cluster)).values()) {
    const name = IamInstanceProfile?.Arn?.split("/").pop();
    if (name?.startsWith(PROFILE_PREFIX)) own.add(name);
  }
  for (const name of own) await deleteInstanceProfile(deps.invoke, name, asService(deps, cluster));
}

/** Takes Auto Mode out of a cluster that stays. Pools and classes of the customer's stay as objects. True when nothing is left to do. */
export async function tearDownAutoMode(deps: ControllerDeps, key: string, cluster: ClusterRecord): Promise<boolean> {
  const kube = deps.clusters.kube(key);
  await endProfiles(deps, cluster, kube);
  const left = await endInstances(deps, cluster);
  await endLoadBalancing(deps, cluster);
  if (!kube) return left === 0;
  await releaseObjects(kube);
  await removeBuiltIns(kube, builtInPools, true);
  for (const claim of kube.list(NODE_CLAIMS)) {
    const id = instanceIdOf(claim);
    const node = id === "" ? undefined : claim.status?.nodeName;
    for (const [type, name] of [
      ["nodes", node],
      [NODE_CLAIMS, claim.metadata.name],
    ] as const) {
      if (name === undefined || !kube.get(type, "", name)) continue;
      await kube.patch(type, "", name, "merge", { metadata: { finalizers: null } }).catch(unlessGone);
      await kube.delete(type, "", name).catch(unlessGone);
    }
  }
  for (const { metadata, spec } of kube.list("volumeattachments.storage.k8s.io")) {
    if (spec?.attacher === DRIVER) await kube.delete("volumeattachments.storage.k8s.io", "", metadata.name).catch(unlessGone);
  }
  for (const nodeClass of kube.list(NODE_CLASSES)) {
    if (nodeClass.metadata.deletionTimestamp) {
      await kube.patch(NODE_CLASSES, "", nodeClass.metadata.name, "merge", { metadata: { finalizers: null } }).catch(unlessGone);
    }
  }
  return left === 0;
}

/** Ends what Auto Mode has in the account, before its cluster goes. True when nothing is left. */
export async function endAutoMode(deps: ControllerDeps, key: string, cluster: ClusterRecord): Promise<boolean> {
  await endProfiles(deps, cluster, deps.clusters.kube(key));
  await endLoadBalancing(deps, cluster);
  return (await endInstances(deps, cluster)) === 0;
}
