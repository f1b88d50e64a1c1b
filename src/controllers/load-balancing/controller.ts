// The load balancing of EKS Auto Mode: Services and Ingresses become load balancers of Elastic Load Balancing, and their targets follow
// endpoints. Keyed by cluster. Clusters without Auto Mode are told what is not provided.
import { AwsError } from "../../aws/errors.ts";
import type { Timer } from "../../base/clock.ts";
import { BINDINGS, CLASS_PARAMS } from "../../clusters/load-balancing/names.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { Activity } from "../../kubernetes/runtime/activity.ts";
import { createEventRecorder, type EventRecorder } from "../../kubernetes/runtime/events.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ClusterRoleSessions } from "../auto-mode/cluster-role.ts";
import { isRunning } from "../auto-mode/controller.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { callsOf } from "./calls.ts";
import { tellClassic } from "./classic.ts";
import type { Balancing } from "./context.ts";
import { look, type Memory } from "./look.ts";
import { INGRESSES } from "./stacks.ts";

const SOON: Again = { after: 200 };
/** What IAM or the services refused is tried again after this long. */
const LATER: Again = { after: 5000 };
/** What was changed from outside is found after this long. */
const RESYNC: Again = { after: 600_000 };

const CLASSIC = ["services"];
const AUTO = [
  ...["services", "endpointslices.discovery.k8s.io", INGRESSES, "ingressclasses.networking.k8s.io", CLASS_PARAMS, BINDINGS],
  "nodes",
];

interface Watched {
  /** What the watches were opened for: a version update makes the server, and its watches, anew. */
  readonly state: string;
  readonly told: Map<string, string>;
  readonly memory: Memory;
  readonly events: EventRecorder;
  close(): void;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function loadBalancingLoop(deps: ControllerDeps): Loop & { stop(): void } {
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

  function watch(key: string, { version, autoMode }: ClusterRecord, kube: KubeClient): Watched {
    const present = watches.get(key);
    const now = `${version} ${autoMode}`;
    if (present?.state === now) return present;
    forget(key);
    let quiet = true;
    const changed = () => {
      if (quiet || pending.has(key)) return;
      pending.set(
        key,
        clock.after(deps.timing.autoModeBatch, () => {
          pending.delete(key);
          loop.add(key);
        }),
      );
    };
    const subscriptions = (autoMode ? AUTO : CLASSIC).map((type) => kube.watch(type, {}, changed));
    quiet = false;
    const made: Watched = {
      ...{ state: now, told: new Map(), memory: { deployed: new Map(), bound: new Map(), empty: false } },
      events: createEventRecorder({ client: kube, clock, activity: new Activity() }, autoMode ? "service" : "service-controller"),
      close: () => {
        for (const subscription of subscriptions) subscription.close();
      },
    };
    watches.set(key, made);
    return made;
  }

  const loop = new Loop("load-balancing", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (!cluster || !isRunning(deps, cluster)) {
      forget(key);
      return undefined;
    }
    const kube = clusters.kube(key);
    if (!kube) return SOON;
    const isInstalled = [CLASS_PARAMS, BINDINGS].every((type) => kube.get("customresourcedefinitions.apiextensions.k8s.io", "", type));
    if (cluster.autoMode && !isInstalled) return SOON;
    const { told, memory, events } = watch(key, cluster, kube);
    const tell: Balancing["tell"] = (object, type, reason, message) => {
      const { uid } = object.metadata;
      if (told.get(uid) === `${reason} ${message}`) return;
      told.set(uid, `${reason} ${message}`);
      events.event(object, type, reason, message);
    };
    if (!cluster.autoMode) {
      tellClassic(kube, tell);
      return undefined;
    }
    const balancing: Balancing = {
      ...{ cluster, kube, tell },
      asService: callsOf(deps.invoke, async () => asService(deps, cluster)),
      asClusterRole: callsOf(deps.invoke, async () => {
        const current = state.clusters.get(key);
        if (!current || !isRunning(deps, current)) throw new AwsError("ClusterNotActive", `Cluster ${cluster.name} is on its way out`);
        return sessions.of(cluster);
      }),
    };
    const { failed, busy } = await look(balancing, memory, clock.now());
    if (failed > 0) return LATER;
    return busy ? RESYNC : undefined;
  });
  return Object.assign(loop, {
    stop() {
      for (const key of [...watches.keys()]) forget(key);
    },
  });
}
