// CloudTrail: the recorder of calls and the API over what it recorded.
import { type Service, service } from "../../aws/operation.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import { EventHistory } from "./history.ts";
import { lookupEvents } from "./lookup-events.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { trails } from "./trails.ts";

/** Recorder and service over one event history. */
export interface CloudTrail {
  readonly recorder: Recorder;
  readonly service: Service;
}

/** Makes CloudTrail. `eventLimit`: events kept per account and region, default 20,000. */
export function createCloudTrail(deps: { readonly store: Store; readonly random: Random; readonly eventLimit?: number }): CloudTrail {
  const history = new EventHistory(deps.store, deps.eventLimit);
  return {
    recorder: createRecorder({ history, random: deps.random }),
    service: service("cloudtrail", { history }, lookupEvents, trails),
  };
}
