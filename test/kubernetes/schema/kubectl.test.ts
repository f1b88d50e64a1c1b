// Real kubectl against the documents alone: discovery, OpenAPI and tables served from memory by a few lines of HTTP.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import * as discovery from "../../../src/kubernetes/discovery/index.ts";
import { OpenApiV3 } from "../../../src/kubernetes/openapi/index.ts";
import { builtinRegistry, type Resource } from "../../../src/kubernetes/schema/registry.ts";
import { acceptedRepresentation, toTable } from "../../../src/kubernetes/table/index.ts";
import { kubectlPath } from "./kubectl-binary.ts";

const run = promisify(execFile);
const kubectl = kubectlPath("v35");
const now = Date.parse("2026-01-01T00:00:00Z");

const widgets: Resource = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  listKind: "WidgetList",
  plural: "widgets",
  singular: "widget",
  shortNames: ["wd"],
  categories: ["all"],
  namespaced: true,
  verbs: ["create", "get", "list", "patch"],
  subresources: [],
  storage: { group: "example.com", version: "v1" },
  virtual: false,
};

const schema = {
  type: "object",
  properties: { spec: { type: "object", properties: { size: { type: "integer", description: "How big." } } } },
};
const resources = [...builtinRegistry(35).resources, widgets];
const openApi = new OpenApiV3(
  resources,
  [{ group: "example.com", version: "v1", kind: "Widget", listKind: "WidgetList", schema }],
  "v1.35.0",
);
const printerColumns = [{ name: "Size", type: "integer", jsonPath: ".spec.size" }];

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "1", resourceVersion: "1", creationTimestamp: "2025-12-31T23:00:00Z" },
  spec: { containers: [{ name: "a" }, { name: "b" }], nodeName: "node-1" },
  status: {
    phase: "Running",
    podIPs: [{ ip: "10.0.0.1" }],
    containerStatuses: [
      { name: "a", ready: true, restartCount: 0, state: { running: {} } },
      {
        name: "b",
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 1, finishedAt: "2025-12-31T23:57:00Z" } },
      },
    ],
  },
};
const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { ...pod.metadata, name: "w" }, spec: { size: 3 } };

function answer(path: string, accept: string): { body: object | Buffer; type?: string } | undefined {
  if (path === "/api" || path === "/apis") {
    const version = discovery.acceptedDiscovery(accept);
    if (!version) return { body: path === "/api" ? discovery.apiVersions("127.0.0.1") : discovery.apiGroupList(resources) };
    const root = path === "/api" ? "api" : "apis";
    return { body: discovery.aggregatedDiscovery(resources, root, version), type: discovery.aggregatedMediaType(version) };
  }
  if (path === "/openapi/v3") return { body: openApi.index() };
  if (path.startsWith("/openapi/v3/")) {
    const document = openApi.document(path.slice("/openapi/v3/".length));
    return document && { body: document.body };
  }
  if (path === "/version") return { body: { major: "1", minor: "35", gitVersion: "v1.35.0" } };
  const list = path.endsWith("/pods") ? [pod] : path.endsWith("/widgets") ? [widget] : undefined;
  if (!list || acceptedRepresentation(accept)?.as !== "Table") return undefined;
  const printable = list[0] === pod ? { group: "", kind: "Pod" } : { group: "example.com", kind: "Widget", printerColumns };
  return { body: toTable(printable, list, { now, metadata: { resourceVersion: "1" } }) };
}

let server: Server;
let home: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), "atoll-kubectl-"));
  server = createServer((request, response) => {
    const found = answer(request.url!.split("?")[0]!, request.headers.accept ?? "");
    response.setHeader("content-type", found?.type ?? "application/json");
    response.statusCode = found ? 200 : 404;
    const body = found?.body ?? { kind: "Status", apiVersion: "v1", status: "Failure", code: 404, reason: "NotFound" };
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

async function ask(...words: string[]): Promise<string> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await run(kubectl!, ["-s", url, "--cache-dir", home, ...words], { env: { HOME: home, KUBECONFIG: "/dev/null" } });
  return stdout;
}

test("kubectl get prints the table", async (t) => {
  if (!kubectl) return t.skip("needs kubectl");
  const lines = (await ask("get", "po", "-o", "wide")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/)),
    [
      ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
      ["web", "1/2", "CrashLoopBackOff", "4 (3m ago)", "60m", "10.0.0.1", "node-1", "<none>", "<none>"],
    ],
  );
  assert.match(await ask("get", "wd"), /^NAME +SIZE\nw +3\n$/);
});

test("kubectl explain walks built-in and custom kinds", async (t) => {
  if (!kubectl) return t.skip("needs kubectl");
  const containers = await ask("explain", "pod.spec.containers");
  assert.match(containers, /KIND: +Pod\nVERSION: +v1/);
  assert.match(containers, /FIELD: containers <\[\]Container>/);
  assert.match(containers, / {2}name\t<string> -required-/);
  assert.match(await ask("explain", "hpa.spec"), /VERSION: +v2/);
  assert.match(await ask("explain", "widget.spec.size"), /How big\./);
});

test("kubectl api-resources lists what is served", async (t) => {
  if (!kubectl) return t.skip("needs kubectl");
  const output = await ask("api-resources", "--no-headers");
  assert.match(output, /^pods +po +v1 +true +Pod$/m);
  assert.match(output, /^widgets +wd +example.com\/v1 +true +Widget$/m);
  assert.match(output, /^horizontalpodautoscalers +hpa +autoscaling\/v2 +true +HorizontalPodAutoscaler$/m);
});
