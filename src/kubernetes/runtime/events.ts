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
/** Objects, and events of one type and reason about one of them. */
const remembered = 4096;
const rememberedOfKind = 64;

interface Bucket {
  tokens: number;
  at: number;
}

/** What was said about one object: how much more may be said, and the kinds of event there were. Thousands are kept: no more than is needed. */
interface Subject extends Bucket {
  kinds: readonly Kind[];
}

/** Events of one type and reason about one object. */
interface Kind {
  readonly type: string;
  readonly reason: string;
  /** When the window began in which {@link messages} were said. */
  since: number;
  messages: readonly string[];
  told: readonly Told[];
}

/** A stored event. */
interface Told {
  /** Undefined for the one that stands for many similar ones. */
  readonly message: string | undefined;
  readonly name: string;
  count: number;
  /** The last write under way. */
  tail: Promise<unknown> | undefined;
}

/** Makes a recorder for `component` (and `host` for kubelets). */
export function createEventRecorder(
  deps: { client: KubeClient; clock: Clock; activity: Activity },
  component: string,
  host = "",
  limits: EventLimits = defaults,
): EventRecorder {
  const { client, clock, activity } = deps;
  const subjects = new Map<string, Subject>();
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

  /** Runs a write about a stored event after those before it; the event is forgotten if it fails. */
  const write = (kind: Kind, told: Told, run: () => Promise<unknown>): void => {
    const tail = activity.track(told.tail ? told.tail.then(run) : run()).then(
      // What was written is not kept.
      () => {},
      () => {
        kind.told = kind.told.filter((each) => each !== told);
      },
    );
    told.tail = tail;
    void tail.then(() => {
      if (told.tail === tail) told.tail = undefined;
    });
  };

  return {
    event(object, type, reason, message, fieldPath) {
      const reference = toReference(object, fieldPath);
      const { uid, kind: of, name: about } = reference;
      const namespace = reference.namespace || "default";
      const key = `${of}/${uid || `${reference.namespace ?? ""}/${about}`}/${fieldPath ?? ""}`;
      const now = clock.now();
      const subject = remember(subjects, key, () => ({ tokens: limits.burst, at: now, kinds: [] }));
      const kind = kindOf(subject, type, reason, now);
      if (now - kind.since > limits.window) {
        kind.messages = [];
        kind.since = now;
      }
      if (kind.messages.length < limits.similar && !kind.messages.includes(message)) kind.messages = kind.messages.concat(message);
      const combined = kind.messages.length >= limits.similar;
      const text = (combined ? `(combined from similar events): ${message}` : message).slice(0, 1024);
      if (!spend(subject, limits.burst, limits.refill)) return;
      if (limits.rate && !spend(overall, limits.rate.burst, 1000 / limits.rate.perSecond)) return;

      const stamp = timestamp(now);
      const present = kind.told.find((each) => each.message === (combined ? undefined : message));
      if (present) {
        const count = ++present.count;
        const body = { count, lastTimestamp: stamp, message: text };
        write(kind, present, () => client.patch("events", namespace, present.name, "merge", body));
        return;
      }
      const name = `${about}.${(BigInt(now) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16)}`;
      const told: Told = { message: combined ? undefined : message, name, count: 1, tail: undefined };
      kind.told = kind.told.slice(1 - rememberedOfKind).concat(told);
      write(kind, told, () =>
        client.create("events", namespace, {
          apiVersion: "v1",
          kind: "Event",
          metadata: { name, namespace },
          involvedObject: reference,
          reason,
          message: text,
          source: host ? { component, host } : { component },
          firstTimestamp: stamp,
          lastTimestamp: stamp,
          count: 1,
          type,
          eventTime: null,
          reportingComponent: component,
          reportingInstance: host,
        }),
      );
    },
  };
}

function kindOf(subject: Subject, type: string, reason: string, now: number): Kind {
  const present = subject.kinds.find((each) => each.type === type && each.reason === reason);
  if (present) return present;
  const made: Kind = { type, reason, since: now, messages: [], told: [] };
  // Joined rather than pushed to: a list that grows by pushing keeps room for many more.
  subject.kinds = subject.kinds.concat(made);
  return made;
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
