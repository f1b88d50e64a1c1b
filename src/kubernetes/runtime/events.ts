// Events about objects, repeated ones counted instead of stored again, as client-go's correlator does.
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Activity } from "./activity.ts";
import { timestamp } from "./time.ts";

/** Writes events about objects; never fails and never waits. */
export interface EventRecorder {
  event(object: KubeObject | ObjectReference, type: "Normal" | "Warning", reason: string, message: string, fieldPath?: string): void;
}

/** corev1.ObjectReference as events carry it. */
export interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Limits of a recorder; the defaults are client-go's. */
export interface EventLimits {
  /** Events about one object before they are held back, and how many milliseconds win one back. */
  readonly burst: number;
  readonly refill: number;
  /** Similar events within `window` milliseconds before they are combined into one. */
  readonly similar: number;
  readonly window: number;
  /** Events per second of the whole component (kubelet: eventRecordQPS 50, burst 100); unlimited unless given. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

const defaults: EventLimits = { burst: 25, refill: 300_000, similar: 10, window: 600_000 };
const remembered = 4096;

interface Bucket {
  tokens: number;
  at: number;
}

/** Makes a recorder for `component` (and `host` for kubelets). */
export function createEventRecorder(
  deps: { client: KubeClient; clock: Clock; activity: Activity },
  component: string,
  host = "",
  limits: EventLimits = defaults,
): EventRecorder {
  const { client, clock, activity } = deps;
  const seen = new Map<string, { name: string; namespace: string; count: number; tail: Promise<unknown> }>();
  const similar = new Map<string, { messages: Set<string>; since: number }>();
  const budgets = new Map<string, Bucket>();
  const overall: Bucket = { tokens: limits.rate?.burst ?? 0, at: clock.now() };
  let sequence = 0;

  const spend = (bucket: Bucket, burst: number, refill: number): boolean => {
    const now = clock.now();
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refill);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };
  const budget = (key: string): Bucket => remember(budgets, key, () => ({ tokens: limits.burst, at: clock.now() }));

  return {
    event(object, type, reason, message, fieldPath) {
      const reference = toReference(object, fieldPath);
      const about = `${reference.kind}/${reference.namespace ?? ""}/${reference.name}/${reference.uid ?? ""}/${fieldPath ?? ""}`;
      const group = `${about}|${type}|${reason}`;
      const now = clock.now();
      const kin = remember(similar, group, () => ({ messages: new Set<string>(), since: now }));
      if (now - kin.since > limits.window) {
        kin.messages.clear();
        kin.since = now;
      }
      kin.messages.add(message);
      const combined = kin.messages.size >= limits.similar;
      const text = combined ? `(combined from similar events): ${message}` : message;
      const key = combined ? group : `${group}|${message}`;
      if (!spend(budget(about), limits.burst, limits.refill)) return;
      if (limits.rate && !spend(overall, limits.rate.burst, 1000 / limits.rate.perSecond)) return;

      const namespace = reference.namespace || "default";
      const stamp = timestamp(now);
      const present = seen.get(key);
      const create = () => {
        const name = `${reference.name}.${(BigInt(now) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16)}`;
        const entry = { name, namespace, count: 1, tail: Promise.resolve() as Promise<unknown> };
        entry.tail = activity
          .track(
            client.create("events", namespace, {
              apiVersion: "v1",
              kind: "Event",
              metadata: { name, namespace },
              involvedObject: reference,
              reason,
              message: text.slice(0, 1024),
              source: host ? { component, host } : { component },
              firstTimestamp: stamp,
              lastTimestamp: stamp,
              count: 1,
              type,
              eventTime: null,
              reportingComponent: component,
              reportingInstance: host,
            }),
          )
          .catch(() => seen.delete(key));
        remember(seen, key, () => entry);
      };
      if (!present) return create();
      present.count++;
      const { count } = present;
      const body = { count, lastTimestamp: stamp, message: text.slice(0, 1024) };
      present.tail = activity.track(
        present.tail
          .then(() => client.patch("events", present.namespace, present.name, "merge", body))
          .catch(() => {
            if (seen.get(key) === present) seen.delete(key);
          }),
      );
    },
  };
}

function toReference(object: KubeObject | ObjectReference, fieldPath?: string): ObjectReference & { fieldPath?: string } {
  const path = fieldPath ? { fieldPath } : {};
  if (!("metadata" in object)) return { ...object, ...path };
  const { namespace, name, uid, resourceVersion } = (object as KubeObject).metadata;
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    apiVersion: object.apiVersion,
    resourceVersion,
    ...path,
  } as ObjectReference;
}

/** Gets or makes an entry of a map that forgets its oldest entries. */
function remember<V>(map: Map<string, V>, key: string, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const value = make();
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value!);
  return value;
}
