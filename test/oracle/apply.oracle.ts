// Server-side apply, updates and patches beside a real kube-apiserver: after each step the same answer, object and owners.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { startServer, type TestServer } from "../kubernetes/server-support.ts";
import { type Step, type Subject, stepsOf } from "./apply-steps.ts";
import { configMaps, deployments, widgetDefinition, widgets } from "./apply-subjects.ts";
import { comparable } from "./comparable.ts";
import { oracleMissing, type RealKubernetes, startRealKubernetes, until } from "./real-kubernetes.ts";

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => ReturnType<RealKubernetes["call"]>;

const missing = oracleMissing();
let real: RealKubernetes;
let ours: TestServer;
let callers: readonly [Call, Call];

before(async () => {
  if (missing) return;
  [real, ours] = await Promise.all([startRealKubernetes(), startServer()]);
  callers = [real.call, (method, path, body, headers) => ours.call(method, path, "admin", body, headers)];
  for (const call of callers) {
    await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgetDefinition);
    await until(async () => (await call("GET", widgets.path)).status === 200, "the definition to be served");
  }
});
after(async () => {
  await Promise.all([real?.close(), ours?.close()]);
});

let objects = 0;
const runs = 150;
for (const subject of [configMaps, deployments, widgets])
  test(`${subject.kind}: apply, update and patch as a kube-apiserver does`, { skip: missing }, async (t) => {
    let steps = 0;
    const refusals = new Map<number, number>();
    const property = fc.asyncProperty(stepsOf(subject), async (list) => {
      const name = `o${objects++}`;
      for (const step of list) {
        const [expected, actual] = await Promise.all(callers.map((call) => take(call, subject, name, step)));
        steps++;
        refusals.set(expected!.status, (refusals.get(expected!.status) ?? 0) + 1);
        assert.deepEqual(comparable(actual!), comparable(expected!), JSON.stringify(step));
      }
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
    const answers = [...refusals].sort().map(([status, count]) => `${count} x ${status}`);
    t.diagnostic(`${subject.kind}: ${steps} steps on ${runs} objects answered alike: ${answers.join(", ")}`);
  });

async function take(call: Call, subject: Subject, name: string, step: Step) {
  const path = `${subject.path}/${name}`;
  const { apiVersion, kind } = subject;
  if (step.verb === "delete") return call("DELETE", path);
  if (step.verb === "patch")
    return call("PATCH", `${path}?fieldManager=${step.manager}`, step.change, { "content-type": `application/${step.type}-patch+json` });
  const { metadata, ...members } = step.configuration as { metadata?: object };
  const object = { apiVersion, kind, metadata: { ...metadata, name }, ...members };
  if (step.verb === "update") {
    const { status } = await call("GET", path);
    return status === 404
      ? call("POST", `${subject.path}?fieldManager=${step.manager}`, object)
      : call("PUT", `${path}?fieldManager=${step.manager}`, await withVersion(call, path, subject, object));
  }
  const query = `fieldManager=${step.manager}&force=${step.force}`;
  return call("PATCH", `${path}?${query}`, object, { "content-type": "application/apply-patch+yaml" });
}

/** A custom resource's update must name the version it replaces. */
async function withVersion(call: Call, path: string, subject: Subject, object: { metadata: object }): Promise<object> {
  if (subject.isBuiltIn) return object;
  const { resourceVersion } = (await call("GET", path)).json.metadata;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
