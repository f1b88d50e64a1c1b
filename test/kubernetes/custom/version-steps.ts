// The life of a definition with several versions, step by step: what a client sees of it here and in a real cluster.
import type { Answer } from "../../support/https-request.ts";
import { definition } from "./definition-cases.ts";

/** Sends a request as an administrator. */
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const path = `${crds}/widgets.shop.example`;
const merge = { "content-type": "application/merge-patch+json" };
const text = { type: "string" };
const schema = (spec: object) => ({ openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: spec } } } });
const at = (version: string) => `/apis/shop.example/${version}/namespaces/default/widgets`;
const widget = (version: string, name: string, spec: object) => ({
  apiVersion: `shop.example/${version}`,
  kind: "Widget",
  metadata: { name },
  spec,
});

/** Takes all steps; `settled` waits until a condition holds. The result is what was seen, by step. */
export async function livesOf(call: Call, settled: (holds: () => Promise<boolean>) => Promise<void>): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  const get = async (version: string, name: string) => (await call("GET", `${at(version)}/${name}`)).json;
  const specs = async (name: string, ...versions: string[]) => {
    const found = [];
    for (const version of versions) found.push((await get(version, name)).spec);
    return found;
  };
  const change = (spec: object) => call("PATCH", path, { spec }, merge);
  const versions: any[] = [
    { name: "v1", served: true, storage: true, schema: schema({ a: text, b: text, gone: text }) },
    { name: "v1beta1", served: true, storage: false, deprecated: true, schema: schema({ a: text, c: { ...text, default: "beta" } }) },
    { name: "v1alpha1", served: true, storage: false, deprecated: true, deprecationWarning: "leave it", schema: schema({ a: text }) },
  ];
  const body = definition();
  body.spec.versions = versions;
  const made = await call("POST", crds, body);
  seen.stored = made.json.status.storedVersions;
  await settled(async () => (await call("GET", at("v1"))).status === 200);
  await call("POST", at("v1beta1"), widget("v1beta1", "old", { a: "1", c: "3" }));
  await call("POST", at("v1"), widget("v1", "new", { a: "1", b: "2", gone: "3" }));
  seen["what is kept in v1 has the fields of v1"] = await specs("old", "v1", "v1beta1");
  seen["each version shows its fields"] = await specs("new", "v1", "v1beta1", "v1alpha1");
  seen.apiVersions = [(await get("v1", "new")).apiVersion, (await get("v1beta1", "new")).apiVersion];
  const warnings = ["v1", "v1beta1", "v1alpha1"].map(async (version) => (await call("GET", `${at(version)}/new`)).headers.warning);
  seen.warnings = await Promise.all(warnings);

  versions[0].schema = schema({ a: text, b: text, d: { ...text, default: "new" } });
  await change({ versions });
  await settled(async () => (await get("v1", "new")).spec.d === "new");
  seen["a schema that changes changes what is read"] = await specs("new", "v1", "v1beta1");
  seen["lists do so, too"] = (await call("GET", at("v1"))).json.items.map(({ spec }: { spec: object }) => spec);
  const selected = await call("GET", `${at("v1")}?labelSelector=none`);
  seen["and choose as before"] = selected.json.items;

  [versions[0].storage, versions[1].storage] = [false, true];
  seen["stored in two versions"] = (await change({ versions })).json.status.storedVersions;
  await settled(async () => ["v1", "v1beta1"].includes((await get("v1", "new")).apiVersion.split("/")[1]));
  seen["kept as it was until it is written"] = await specs("new", "v1", "v1beta1");
  const before = await get("v1", "new");
  const put = await call("PUT", `${at("v1")}/new`, before);
  seen["written again without a change"] = [
    put.status,
    put.json.spec,
    put.json.metadata.resourceVersion !== before.metadata.resourceVersion,
  ];
  seen["and then in the other version"] = await specs("new", "v1", "v1beta1");

  versions[2].served = false;
  await change({ versions });
  await settled(async () => (await call("GET", at("v1alpha1"))).status === 404);
  const served = async () => (await call("GET", "/apis/shop.example")).json.versions.map(({ version }: { version: string }) => version);
  await settled(async () => (await served()).length < versions.length);
  seen.served = await served();

  await call("POST", at("v1"), { ...widget("v1", "held", {}), metadata: { name: "held", finalizers: ["shop.example/hold"] } });
  await call("DELETE", path);
  await settled(async () => (await call("GET", `${at("v1")}/new`)).status === 404);
  const { conditions } = (await call("GET", path)).json.status;
  seen.terminating = conditions.map(({ type, status, reason, message }: any) => [type, status, reason, message]);
  const refused = await call("POST", at("v1"), widget("v1", "late", {}));
  seen.refused = [refused.status, refused.json.reason, refused.json.message, refused.json.details];
  seen.verbs = (await call("GET", "/apis/shop.example/v1")).json.resources[0].verbs;
  seen.released = (await call("PATCH", `${at("v1")}/held`, { metadata: { finalizers: null } }, merge)).status;
  await settled(async () => (await call("GET", path)).status === 404);
  seen.gone = (await call("GET", at("v1"))).status;
  return seen;
}

/** What Kubernetes shows. */
export const expected: Record<string, unknown> = {
  stored: ["v1"],
  "what is kept in v1 has the fields of v1": [{ a: "1" }, { a: "1" }],
  "each version shows its fields": [{ a: "1", b: "2", gone: "3" }, { a: "1" }, { a: "1" }],
  apiVersions: ["shop.example/v1", "shop.example/v1beta1"],
  warnings: [undefined, '299 - "shop.example/v1beta1 Widget is deprecated; use shop.example/v1 Widget"', '299 - "leave it"'],
  "a schema that changes changes what is read": [{ a: "1", b: "2", d: "new" }, { a: "1" }],
  "lists do so, too": [
    { a: "1", b: "2", d: "new" },
    { a: "1", d: "new" },
  ],
  "and choose as before": [],
  "stored in two versions": ["v1", "v1beta1"],
  "kept as it was until it is written": [{ a: "1", b: "2", d: "new" }, { a: "1" }],
  "written again without a change": [200, { a: "1" }, true],
  "and then in the other version": [{ a: "1" }, { a: "1", c: "beta" }],
  served: ["v1", "v1beta1"],
  terminating: [
    ["NamesAccepted", "True", "NoConflicts", "no conflicts found"],
    ["Established", "True", "InitialNamesAccepted", "the initial names have been accepted"],
    ["Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"],
  ],
  refused: [
    405,
    "MethodNotAllowed",
    "create not allowed while custom resource definition is terminating",
    { group: "shop.example", kind: "widgets" },
  ],
  verbs: ["delete", "deletecollection", "get", "list", "watch"],
  released: 200,
  gone: 404,
};
