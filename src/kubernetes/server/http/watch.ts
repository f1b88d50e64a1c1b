// Watches: a stream of events from a revision on.
import type { ServerResponse } from "node:http";
import type { Timer } from "../../../base/clock.ts";
import { CompactedError, type StoreEvent, type Subscription } from "../../../store/store.ts";
import { invalid, invalidObject } from "../../api/field-error.ts";
import type { KubeObject } from "../../api/object.ts";
import { expired, tooLargeResourceVersion } from "../../api/status.ts";
import { apiVersionOf } from "../../schema/resource.ts";
import { changeOf, objectOf, prefixOf } from "../../storage/objects.ts";
import type { ServerContext } from "../context.ts";
import { fromStorage, isStoredForm } from "../convert.ts";
import { type Filter, filterOf, listEntries, selects } from "../read.ts";
import type { ResourceInfo } from "../resource.ts";
import { parseRevision } from "../revision.ts";
import type { Format } from "./accept.ts";
import { inForm } from "./forms.ts";
import { commonHeaders, type Exchange } from "./respond.ts";

/** A client that has this many bytes unread is cut off; it will come back and resume. */
const patience = 16 * 1024 * 1024;
const bookmarkEvery = 60_000;
/** Watches without timeoutSeconds end after half an hour to an hour in kube-apiserver; the middle here. */
const defaultTimeout = 45 * 60_000;

/** Streams events until the client, a timeout or `closed` ends it. Throws StatusError before anything was sent. */
export async function serveWatch(
  context: ServerContext,
  exchange: Exchange,
  resource: ResourceInfo,
  namespace: string,
  query: URLSearchParams,
  format: Format,
  running: Set<() => void>,
  pinnedName: string,
): Promise<void> {
  const plan = watchPlan(context, query);
  const fields = [query.get("fieldSelector"), pinnedName && `metadata.name=${pinnedName}`].filter(Boolean).join(",");
  const filter = filterOf(resource, query.get("labelSelector") ?? "", fields);
  const stream = new EventStream(context, exchange, resource, filter, format, query.get("includeObject") ?? "");
  stream.open();
  exchange.trace.started?.();
  let subscription: Subscription | undefined;
  const timers: Timer[] = [];
  const finished = new Promise<void>((resolve) => {
    const stop = () => {
      subscription?.close();
      for (const timer of timers) timer.cancel();
      running.delete(stop);
      exchange.response.end();
      resolve();
    };
    running.add(stop);
    exchange.response.on("close", stop);
    stream.onLag = () => exchange.response.destroy();
    const seconds = Number(query.get("timeoutSeconds") ?? 0);
    timers.push(context.options.clock.after(seconds > 0 ? seconds * 1000 : defaultTimeout, stop));
    let from = plan.from;
    if (plan.initial) {
      from = context.objects.revision;
      for (const entry of listEntries(context, resource, namespace, { filter }).entries)
        stream.write("ADDED", fromStorage(objectOf(entry), resource));
      if (plan.announceEnd) stream.bookmark(from, true);
    }
    try {
      subscription = context.objects.store.watch(prefixOf(resource.kept, namespace || undefined), from, (events) => stream.take(events));
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      stream.fail(expired(`too old resource version: ${from} (${error.compactedRevision})`).status);
      stop();
      return;
    }
    if (query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1") {
      const remind = () => {
        stream.bookmark(context.objects.revision, false);
        timers[1] = context.options.clock.after(bookmarkEvery, remind);
      };
      timers[1] = context.options.clock.after(bookmarkEvery, remind);
    }
  });
  context.metrics.watching(1);
  await finished;
  context.metrics.watching(-1);
}

interface WatchPlan {
  readonly from: number;
  /** Send what exists as ADDED first. */
  readonly initial: boolean;
  /** Then a bookmark that says that this was all. */
  readonly announceEnd: boolean;
}

function watchPlan(context: ServerContext, query: URLSearchParams): WatchPlan {
  const version = query.get("resourceVersion") ?? "";
  const wanted = parseRevision(version);
  if (wanted > context.objects.revision) throw tooLargeResourceVersion(wanted, context.objects.revision);
  const match = query.get("resourceVersionMatch") ?? "";
  const send = query.get("sendInitialEvents");
  if (send === null) {
    if (match) {
      throw invalidObject("meta.k8s.io", "ListOptions", "", [
        {
          reason: "FieldValueForbidden",
          field: "resourceVersionMatch",
          body: "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        },
      ]);
    }
    return { from: wanted, initial: wanted === 0, announceEnd: false };
  }
  if (match !== "NotOlderThan")
    throw invalidObject("meta.k8s.io", "ListOptions", "", [
      invalid("resourceVersionMatch", match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    ]);
  if (send === "true" || send === "1") return { from: wanted, initial: true, announceEnd: query.get("allowWatchBookmarks") === "true" };
  return { from: wanted || context.objects.revision, initial: false, announceEnd: false };
}

const frames = new WeakMap<StoreEvent, Map<string, Buffer>>();

class EventStream {
  onLag: () => void = () => {};
  readonly #context: ServerContext;
  readonly #exchange: Exchange;
  readonly #response: ServerResponse;
  readonly #resource: ResourceInfo;
  readonly #filter: Filter;
  readonly #format: Format;
  readonly #include: string;
  readonly #formKey: string;

  constructor(context: ServerContext, exchange: Exchange, resource: ResourceInfo, filter: Filter, format: Format, include: string) {
    this.#context = context;
    this.#exchange = exchange;
    this.#response = exchange.response;
    this.#resource = resource;
    this.#filter = filter;
    this.#format = format;
    this.#include = include;
    this.#formKey = `${resource.version} ${format.as} ${include}`;
  }

  open(): void {
    this.#response.writeHead(200, { ...commonHeaders(this.#exchange), "content-type": "application/json" });
    this.#response.flushHeaders?.();
  }

  take(events: readonly StoreEvent[]): void {
    const chunks: Buffer[] = [];
    for (const event of events) {
      const frame = this.#frame(event);
      if (frame) chunks.push(frame);
    }
    if (chunks.length > 0) this.#send(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  }

  write(type: string, object: KubeObject): void {
    this.#send(this.#encode(type, object));
  }

  bookmark(revision: number, initialEnd: boolean): void {
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
    };
    const plain = { kind: this.#resource.kind, apiVersion: apiVersionOf(this.#resource), metadata } as unknown as KubeObject;
    this.#send(this.#encode("BOOKMARK", plain));
  }

  fail(status: object): void {
    this.#send(Buffer.from(`${JSON.stringify({ type: "ERROR", object: status })}\n`));
  }

  /** The event for this watcher, or undefined if it is not selected. Plain frames are shared by all watchers. */
  #frame(event: StoreEvent): Buffer | undefined {
    const change = changeOf(event);
    let type: string = change.type;
    if (!this.#filter.all) {
      const before = change.previous !== undefined && selects(this.#filter, fromStorage(change.previous, this.#resource));
      const after = change.type !== "DELETED" && selects(this.#filter, fromStorage(change.object, this.#resource));
      if (!before && !after) return undefined;
      type = !before ? "ADDED" : after ? "MODIFIED" : "DELETED";
    }
    let known = frames.get(event);
    if (!known) {
      known = new Map();
      frames.set(event, known);
    }
    const key = `${type} ${this.#formKey}`;
    let frame = known.get(key);
    if (!frame) {
      frame = this.#build(type, event);
      known.set(key, frame);
    }
    return frame;
  }

  #build(type: string, event: StoreEvent): Buffer {
    const { object, previous, revision } = changeOf(event);
    if (
      event.type === "put" &&
      type !== "DELETED" &&
      this.#format.as === "object" &&
      isStoredForm(this.#resource) &&
      !this.#resource.custom
    ) {
      return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), event.entry.value, Buffer.from("}\n")]);
    }
    // An object that left the selection is shown as it was, at the revision at which it left.
    const shown =
      type === "DELETED" && previous ? { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } } : object;
    return this.#encode(type, fromStorage(shown, this.#resource));
  }

  #encode(type: string, object: KubeObject): Buffer {
    const shown = inForm(this.#context, object, this.#resource, this.#format, this.#include);
    return Buffer.from(`${JSON.stringify({ type, object: shown })}\n`);
  }

  #send(bytes: Buffer): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(bytes);
    if (this.#response.writableLength > patience) this.onLag();
  }
}
