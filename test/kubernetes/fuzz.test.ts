// Whatever a client sends, the API server answers: never a 5xx, never a crash, and a refused request leaves nothing behind.
import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { memoryStore } from "../../src/store/memory.ts";
import { gadgets, type Seed, seeds } from "./fuzz-seeds.ts";
import { startServer, type TestServer } from "./server-support.ts";

const store = memoryStore();
const failures: unknown[] = [];
let s: TestServer;
let agent: Agent;

before(async () => {
  const log: any = { debug() {}, info() {}, warn() {}, error: (fields: any) => failures.push(fields.err), child: () => log };
  s = await startServer({ store, log });
  agent = new Agent({ keepAlive: true, ca: s.authority.certificate });
  await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
  await s.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "admin", gadgets);
  for (const { path, object } of seeds) {
    const { status, text } = await s.call("POST", path, "admin", object);
    assert.equal(status, 201, `${path}: ${text}`);
  }
});
after(async () => {
  agent.destroy();
  await s.close();
});

const types = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];
const applyType = "application/apply-patch+yaml";

interface Sent {
  readonly status: number;
  readonly text: string;
}

function send(method: string, path: string, type: string, body?: string | Buffer): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: "Bearer admin",
      ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) }),
    };
    const sent = request(s.url, { method, path, agent, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => {
        text += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/**
 * Sends, and checks the three promises. One request at a time: when its time is up fast-check leaves a property with a request still on
 * its way, whose write must not count against the first request of the next.
 */
let previous: Promise<unknown> = Promise.resolve();
function promises(...what: [method: string, path: string, type: string, body?: string | Buffer]): Promise<void> {
  const checked = previous.then(() => check(...what));
  previous = checked.catch(() => {});
  return checked;
}

async function check(method: string, path: string, type: string, body?: string | Buffer): Promise<void> {
  const revision = store.revision;
  failures.length = 0;
  const { status, text } = await send(method, path, type, body);
  if (failures.length > 0) throw failures[0];
  // 504 is Kubernetes' answer to a revision that is still to come.
  const future = status === 504 && path.includes("resourceVersion=");
  // What Kubernetes says of an applied configuration that does not fit its type, with the same code.
  const untyped = status === 500 && type === applyType && JSON.parse(text).message.startsWith("failed to create typed patch object (");
  assert.ok((status >= 200 && status < 500) || future || untyped, `${method} ${path}: ${status}`);
  if (status >= 400) assert.equal(store.revision, revision, `${method} ${path}: ${status}, yet something was written`);
}

const bounded = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: 900, endOnFailure: true } as const;

const deep = (levels: number, open: string, close: string) => JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);
const polluted = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    [],
    {},
    [null],
    [[]],
    "\u0000",
    "\ud800",
    "__proto__",
    "x".repeat(70_000),
  ),
  fc.constantFrom<unknown>(
    polluted,
    [polluted],
    deep(300, "[", "]"),
    deep(300, '{"a":', "}"),
    deep(1200, "[", "]"),
    deep(50, '{"properties":', "}"),
  ),
  fc.constantFrom<unknown>(
    { $patch: "replace" },
    { $patch: 1 },
    [{ $patch: "delete" }],
    { $retainKeys: 1 },
    "99999999999Gi",
    "1e99999",
    "-5%",
    "/../",
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A copy of `value` with some of its members replaced. Every entry of `changes` says where (as fractions) and what. */
function broken(value: any, changes: readonly (readonly [number[], unknown])[]): any {
  const copy = structuredClone(value);
  for (const [way, what] of changes) {
    let at = copy;
    for (const [i, step] of way.entries()) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      const key = keys[Math.floor(step * keys.length)] as string;
      const next = at[key];
      if (i === way.length - 1 || typeof next !== "object" || next === null) {
        at[key] = JSON.parse(JSON.stringify(what));
        break;
      }
      at = next;
    }
  }
  return copy;
}

const fraction = fc.double({ min: 0, max: 0.999999, noNaN: true });
const changes = fc.array(fc.tuple(fc.array(fraction, { minLength: 1, maxLength: 10 }), junk), { minLength: 1, maxLength: 3 });
const seed = fc.constantFrom<Seed>(...seeds);
const nameOf = (each: Seed) => each.object.metadata?.name ?? "s";
const place = fc.tuple(seed, fraction).map(([each, where]) => {
  const all = ["", ...(each.subresources ?? []).map((name) => `/${name}`)];
  return { seed: each, path: `${each.path}/${nameOf(each)}${all[Math.floor(where * all.length)]}` };
});

test("bodies of every kind with members of the wrong type, size and depth", async () => {
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(seed, changes, fc.boolean(), async (each, how, yaml) => {
      const object = broken({ ...each.object, metadata: { ...each.object.metadata, name: `f-${serial++}` } }, how);
      await promises("POST", each.path, yaml ? "application/yaml" : "application/json", JSON.stringify(object));
    }),
    bounded,
  );
});

test("updates and the bodies of subresources", async () => {
  await fc.assert(
    fc.asyncProperty(place, changes, fc.constantFrom("PUT", "POST", "DELETE"), junk, async ({ seed: each, path }, how, method, other) => {
      const body = method === "PUT" ? broken(each.object, how) : other;
      const dry = method === "DELETE" ? "?dryRun=All" : "";
      await promises(method, path + dry, "application/json", JSON.stringify(body));
    }),
    bounded,
  );
});

const pointers = [
  "",
  "/",
  "/spec",
  "/metadata",
  "/metadata/name",
  "/metadata/labels/a",
  "/spec/containers/0",
  "/spec/x/-",
  "/__proto__/x",
  "~2",
  "/a~",
  "/constructor/prototype/x",
];
const operation = fc.record(
  {
    op: fc.oneof(fc.constantFrom("add", "remove", "replace", "move", "copy", "test"), junk),
    path: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(...pointers) }, { weight: 1, arbitrary: junk }),
    from: fc.oneof(fc.constantFrom<unknown>(...pointers), junk),
    value: junk,
  },
  { requiredKeys: [] },
);

test("patches of the four types", async () => {
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.integer({ min: 0, max: 3 }),
      changes,
      fc.array(operation, { maxLength: 4 }),
      junk,
      fc.boolean(),
      async ({ seed: each, path }, kind, how, operations, other, plain) => {
        const query = `?fieldManager=f${kind === 3 ? "&force=true" : ""}`;
        const body = plain ? other : kind === 0 ? operations : broken(each.object, how);
        await promises("PATCH", path + query, types[kind] ?? applyType, JSON.stringify(body));
      },
    ),
    bounded,
  );
});

test("bytes that are no JSON, no YAML and no protobuf", async () => {
  const magic = Buffer.from("k8s\0");
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.concat([magic, data])),
    fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)),
    fc.constantFrom(...["[", "{", '{"a":', "- ", "&a [*a,", "a: ", "!!js/function ", "? "].map((text) => Buffer.from(text.repeat(5000)))),
    fc
      .constantFrom("{}", "null", "[]", "&a [*a]", "a: &a {b: *a}", "<<: 1", "---\n---\n", "\ufeff{}", '{"a":1,"a":2}')
      .map((text) => Buffer.from(text)),
  );
  const media = ["application/vnd.kubernetes.protobuf", "application/json", "application/yaml", "", "x", ...types, applyType];
  await fc.assert(
    fc.asyncProperty(
      place,
      bytes,
      fc.constantFrom(...media),
      fc.constantFrom("POST", "PUT", "PATCH"),
      async ({ seed: each, path }, body, type, method) => {
        await promises(method, method === "POST" ? each.path : `${path}?fieldManager=f`, type, body);
      },
    ),
    bounded,
  );
});

const word = fc.oneof(
  fc.constantFrom(
    "a",
    "app=x",
    "app in (",
    "!",
    "a=b,,",
    "metadata.name=s",
    "spec.color=red",
    "__proto__",
    "constructor=1",
    "-1",
    "true",
    "99999999999999999999",
    "a".repeat(3000),
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
    "Orphan",
    "All",
    "Exact",
    "NotOlderThan",
    "1",
  ),
  fc.string({ maxLength: 12 }),
);
const parameters = [
  "labelSelector",
  "fieldSelector",
  "limit",
  "continue",
  "resourceVersion",
  "resourceVersionMatch",
  "dryRun",
  "fieldManager",
  "fieldValidation",
  "pretty",
  "includeObject",
  "propagationPolicy",
  "gracePeriodSeconds",
  "timeoutSeconds",
  "allowWatchBookmarks",
  "container",
  "tailLines",
];
const segments = [
  "api",
  "apis",
  "v1",
  "apps",
  "namespaces",
  "default",
  "pods",
  "deployments",
  "s",
  "status",
  "scale",
  "log",
  "exec",
  "proxy",
  "openapi",
  "v2",
  "v3",
  "%2e%2e",
  "%00",
  "%zz",
  "__proto__",
  "constructor",
  "..",
  "",
  "%ff",
  "version",
  "metrics",
  "readyz",
  "finalize",
];

test("paths and selectors", async () => {
  const path = fc.oneof(
    fc.array(fc.constantFrom(...segments), { maxLength: 8 }).map((parts) => `/${parts.join("/")}`),
    seed.map((each) => each.path),
    place.map((each) => each.path),
  );
  const query = fc.array(fc.tuple(fc.constantFrom(...parameters), word), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(path, query, fc.constantFrom("GET", "GET", "HEAD", "DELETE", "OPTIONS", "POST"), async (where, asked, method) => {
      const text = asked
        .map(([key, value]) => `${key}=${/[\ud800-\udfff]/.test(value) ? "%ed%a0%80" : encodeURIComponent(value)}`)
        .join("&");
      const dry = method === "DELETE" ? "&dryRun=All" : "";
      await promises(method, `${where}?${text}${dry}`, "application/json", method === "POST" ? "{}" : undefined);
    }),
    bounded,
  );
});

test("after all of it the server works and no prototype was touched", async () => {
  assert.equal(({} as any).polluted, undefined);
  const { status, json } = await s.call("GET", "/api/v1/namespaces/default/configmaps", "admin");
  assert.equal(status, 200);
  assert.ok(json.items.length > 0);
});
