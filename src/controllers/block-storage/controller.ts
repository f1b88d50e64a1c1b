// Block storage of clusters: plays the controllers of the EBS CSI drivers against EC2. Keyed by cluster.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { Activity } from "../../kubernetes/runtime/activity.ts";
import { createEventRecorder, type EventRecorder } from "../../kubernetes/runtime/events.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ClusterRoleSessions } from "../auto-mode/cluster-role.ts";
import { ClusterWatches } from "../cluster-watches.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { followPods } from "./attach.ts";
import type { BlockStorage } from "./context.ts";
import { isDriverPod, registerNodes } from "./csi-nodes.ts";
import { type Driver, driversOf } from "./driver.ts";
import { deleteVolumes, expandVolumes, provisionClaims } from "./provision.ts";

const SOON: Again = { after: 200 };
/** What IAM or EC2 refused is tried again after this long. */
const LATER: Again = { after: 5000 };
const COMPONENT = "ebs.csi.eks.amazonaws.com";
const WATCHED = ["persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io", "csidrivers.storage.k8s.io", "pods"];

interface Watched {
  readonly told: Map<string, string>;
  readonly events: EventRecorder;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function blockStorageLoop(deps: ControllerDeps): Loop & { stop(): void } {
  const { state, clusters, clock } = deps;
  const sessions = new ClusterRoleSessions(deps);
  const watches = new ClusterWatches<Watched>({
    ...{ clock, batch: deps.timing.autoModeBatch, types: WATCHED },
    concerns: (object) => object.kind !== "Pod" || usesClaims(object) || isDriverPod(object),
    look: (key) => loop.add(key),
    remember: (kube) => ({
      told: new Map(),
      events: createEventRecorder({ client: kube, clock, activity: new Activity() }, COMPONENT),
    }),
  });

  const loop = new Loop("block-storage", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (cluster?.status !== "ACTIVE" && cluster?.status !== "UPDATING") {
      watches.forget(key);
      return undefined;
    }
    const kube = clusters.kube(key);
    if (!kube) return SOON;
    const { told, events } = watches.of(key, cluster, kube);
    const storage: BlockStorage = {
      ...{ deps, cluster, kube },
      asNode(name) {
        const client = clusters.kube(key, `system:node:${name}`);
        if (!client) throw new Error("the cluster does not run");
        return client;
      },
      asObserver: () => asService(deps, cluster),
      tell(object, type, reason, message) {
        const { uid } = object.metadata;
        if (told.get(`${uid}/${reason}`) === message) return;
        told.set(`${uid}/${reason}`, message);
        events.event(object, type, reason, message);
      },
    };
    let failed = 0;
    for (const driver of driversOf(deps, key, cluster, kube, sessions)) failed += await serve(storage, driver);
    return failed > 0 ? LATER : undefined;
  });
  return Object.assign(loop, {
    stop: () => watches.stop(),
  });
}

const usesClaims = (pod: KubeObject): boolean =>
  (pod.spec?.volumes ?? []).some(
    (volume: { persistentVolumeClaim?: object; ephemeral?: object }) => volume.persistentVolumeClaim ?? volume.ephemeral,
  );

async function serve(storage: BlockStorage, driver: Driver): Promise<number> {
  await registerNodes(storage, driver);
  const refused = await provisionClaims(storage, driver);
  const failed = await followPods(storage, driver);
  await expandVolumes(storage, driver);
  await deleteVolumes(storage, driver);
  return refused + failed;
}
