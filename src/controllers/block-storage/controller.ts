// Block storage of clusters: plays the controllers of the EBS CSI drivers against EC2. Keyed by cluster.
import type { Timer } from "../../base/clock.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { Activity } from "../../kubernetes/runtime/activity.ts";
import { createEventRecorder, type EventRecorder } from "../../kubernetes/runtime/events.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ClusterRoleSessions } from "../auto-mode/cluster-role.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { followPods } from "./attach.ts";
import type { BlockStorage } from "./context.ts";
import { type Driver, driversOf } from "./driver.ts";
import { deleteVolumes, expandVolumes, provisionClaims } from "./provision.ts";

const SOON: Again = { after: 200 };
/** What IAM or EC2 refused is tried again after this long. */
const LATER: Again = { after: 5000 };
const COMPONENT = "ebs.csi.eks.amazonaws.com";
const WATCHED = ["persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io", "csidrivers.storage.k8s.io", "pods"];

interface Watched {
  /** The version the watches were opened at: a version update makes the server, and its watches, anew. */
  readonly version: string;
  readonly told: Map<string, string>;
  readonly events: EventRecorder;
  close(): void;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function blockStorageLoop(deps: ControllerDeps): Loop & { stop(): void } {
  const { state, clusters, clock } = deps;
  const watches = new Map<string, Watched>();
  const sessions = new ClusterRoleSessions(deps);
  const pending = new Map<string, Timer>();
  const forget = (key: string) => {
    watches.get(key)?.close();
    watches.delete(key);
    pending.get(key)?.cancel();
    pending.delete(key);
  };

  function watch(key: string, cluster: ClusterRecord, kube: KubeClient): Watched {
    const present = watches.get(key);
    if (present?.version === cluster.version) return present;
    forget(key);
    let quiet = true;
    const changed = ({ object }: { object: KubeObject }) => {
      if (quiet || pending.has(key) || (object.kind === "Pod" && !usesClaims(object))) return;
      pending.set(
        key,
        clock.after(deps.timing.autoModeBatch, () => {
          pending.delete(key);
          loop.add(key);
        }),
      );
    };
    const subscriptions = WATCHED.map((type) => kube.watch(type, {}, changed));
    quiet = false;
    const made: Watched = {
      version: cluster.version,
      told: new Map(),
      events: createEventRecorder({ client: kube, clock, activity: new Activity() }, COMPONENT),
      close: () => {
        for (const subscription of subscriptions) subscription.close();
      },
    };
    watches.set(key, made);
    return made;
  }

  const loop = new Loop("block-storage", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (cluster?.status !== "ACTIVE" && cluster?.status !== "UPDATING") {
      forget(key);
      return undefined;
    }
    const kube = clusters.kube(key);
    if (!kube) return SOON;
    const { told, events } = watch(key, cluster, kube);
    const storage: BlockStorage = {
      ...{ deps, cluster, kube },
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
    stop() {
      for (const key of [...watches.keys()]) forget(key);
    },
  });
}

const usesClaims = (pod: KubeObject): boolean =>
  (pod.spec?.volumes ?? []).some(
    (volume: { persistentVolumeClaim?: object; ephemeral?: object }) => volume.persistentVolumeClaim ?? volume.ephemeral,
  );

async function serve(storage: BlockStorage, driver: Driver): Promise<number> {
  const refused = await provisionClaims(storage, driver);
  const failed = await followPods(storage, driver);
  await expandVolumes(storage, driver);
  await deleteVolumes(storage, driver);
  return refused + failed;
}
