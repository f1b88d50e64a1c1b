// Events exist in two forms with different names for the same things.
import type { KubeObject } from "../api/object.ts";

const names: readonly (readonly [core: string, events: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["source", "deprecatedSource"],
  ["reportingComponent", "reportingController"],
];

function rename(object: KubeObject, apiVersion: string, from: 0 | 1): KubeObject {
  const to = from === 0 ? 1 : 0;
  const map = new Map(names.map((pair) => [pair[from], pair[to]]));
  const entries = Object.entries(object).map(([key, value]) => [map.get(key) ?? key, value]);
  return { ...(Object.fromEntries(entries) as KubeObject), apiVersion };
}

/** core/v1 to events.k8s.io/v1. */
export const eventFromCore = (object: KubeObject): KubeObject => rename(object, "events.k8s.io/v1", 0);

/** events.k8s.io/v1 to core/v1. */
export const eventToCore = (object: KubeObject): KubeObject => rename(object, "v1", 1);
