// What every pod on a node shares.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Activity } from "../runtime/activity.ts";
import type { EventRecorder } from "../runtime/events.ts";
import type { Rejection } from "./admission.ts";
import type { NodeFacts, PodNetwork } from "./types.ts";
import type { Lookup } from "./volumes.ts";

export interface KubeletContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly activity: Activity;
  readonly events: EventRecorder;
  readonly network: PodNetwork;
  readonly facts: NodeFacts;
  /** The node's first internal address. */
  readonly hostIP: string;
  readonly lookup: Lookup;
  /** Judges a pod beside those already here. */
  admit(pod: KubeObject): Rejection | undefined;
}
