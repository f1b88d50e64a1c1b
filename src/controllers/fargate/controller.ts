// The Fargate controller: profiles come and go, and pods that profiles take get a machine each. Keyed by cluster.
import { FARGATE_SCHEDULER } from "../../clusters/system-roles.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { advanceProfile } from "./profile.ts";
import { SCHEDULER, schedule } from "./schedule.ts";

const SOON: Again = { after: 200 };
/** Roles are mended and subnets emptied without anybody telling. */
const LATER: Again = { after: 10_000 };

interface Watched {
  /** The version the watch was opened at: a version update makes the server, and its watches, anew. */
  readonly version: string;
  readonly told: Map<string, string>;
  close(): void;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function fargateLoop(deps: ControllerDeps): Loop & { stop(): void } {
  const { state, clusters } = deps;
  const watches = new Map<string, Watched>();
  const forget = (key: string) => {
    watches.get(key)?.close();
    watches.delete(key);
  };

  /** Follows the pods of a cluster's Fargate scheduler. */
  function watch(key: string, cluster: ClusterRecord): Watched {
    const present = watches.get(key);
    if (present?.version === cluster.version) return present;
    forget(key);
    let quiet = true;
    const selection = { fieldSelector: `spec.schedulerName=${SCHEDULER}` };
    const subscription = clusters.kube(key)!.watch("pods", selection, () => {
      if (!quiet) loop.add(key);
    });
    quiet = false;
    const made = { version: cluster.version, told: new Map<string, string>(), close: () => subscription.close() };
    watches.set(key, made);
    return made;
  }

  const loop = new Loop("fargate", deps.clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    const profiles = state.fargateProfiles.entries(`${key}/`);
    if (!cluster || (profiles.length === 0 && state.fargateMachines.count(`${key}/`) === 0)) {
      forget(key);
      return undefined;
    }
    if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") return undefined;
    const [kube, scheduler] = [clusters.kube(key), clusters.kube(key, FARGATE_SCHEDULER)];
    if (!kube || !scheduler) return SOON;
    let again: Again | undefined;
    const soonest = (next: Again | undefined) => {
      if (next && (!again || next.after < again.after)) again = next;
    };
    for (const [profileKey, profile] of profiles) soonest(await advanceProfile(deps, profileKey, cluster, kube, profile, failures));
    const { told } = watch(key, cluster);
    if (await schedule(deps, key, cluster, scheduler, told)) soonest(LATER);
    return again;
  });
  return Object.assign(loop, {
    stop() {
      for (const key of [...watches.keys()]) forget(key);
    },
  });
}
