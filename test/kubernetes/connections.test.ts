// Exec, attach, port-forward and proxies before webhooks and policies: what they are shown, what they refuse, what they change.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { WebSocket } from "ws";
import type { RequestRecord } from "../../src/kubernetes/server/options.ts";
import type { CommandRequest } from "../../src/kubernetes/streams/back-end.ts";
import { startServer, type TestServer } from "./server-support.ts";
import { makePod } from "./stream-pods.ts";
import { listenForWebhooks, type WebhookListener } from "./webhook-listener.ts";

const base = "/apis/admissionregistration.k8s.io/v1";
const pods = "/api/v1/namespaces/default/pods";
const ran: CommandRequest[] = [];
const audit: RequestRecord[] = [];
let api: TestServer;
let hooks: WebhookListener;

before(async () => {
  api = await startServer({
    audit: (record) => void audit.push(record),
    streams: {
      exec: async (_, request) => {
        ran.push(request);
        return async ({ stdout }) => {
          stdout?.write("done");
          return 0;
        };
      },
      port: (_, port, path) => ({ status: 200, contentType: "text/plain", body: `${port} ${path}` }),
    },
  });
  hooks = await listenForWebhooks(api);
  await makePod(api, "p", { c: { state: { running: { startedAt: "2026-03-01T09:59:50Z" } } } });
});
after(async () => {
  hooks?.close();
  await api?.close();
});
afterEach(async () => {
  await hooks.clear();
  for (const plural of ["policies", "policybindings"]) await api.call("DELETE", `${base}/validatingadmission${plural}`, "admin");
  ran.length = audit.length = 0;
});

const connecting = (...resources: string[]) => [{ operations: ["CONNECT"], apiGroups: [""], apiVersions: ["v1"], resources }];
const everything = { rules: connecting("*/*") };

/** Runs a command over a WebSocket: the code of its last message, or the refusal's status and text. */
function exec(query: string, user = "admin"): Promise<{ out: string } | { code: number; text: string }> {
  const url = `${api.url.replace(/^https/, "wss")}${pods}/p/exec?${query}`;
  const socket = new WebSocket(url, ["v5.channel.k8s.io"], { rejectUnauthorized: false, headers: { authorization: `Bearer ${user}` } });
  let out = "";
  return new Promise((resolve, reject) => {
    socket.on("message", (data: Buffer) => {
      if (data[0] === 1) out += data.subarray(1).toString();
    });
    socket.on("close", () => resolve({ out }));
    socket.on("unexpected-response", (_, response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ code: response.statusCode ?? 0, text: JSON.parse(text).message }));
    });
    socket.on("error", reject);
  });
}

const shown: [method: string, path: string, kind: string, object: object][] = [
  [
    "POST",
    `${pods}/p/exec?command=ls&command=-l&container=c&stdin=true&tty=yes&stderr=false`,
    "PodExecOptions",
    { stdin: true, tty: true, container: "c", command: ["ls", "-l"] },
  ],
  ["GET", `${pods}/p/exec`, "PodExecOptions", { command: null }],
  ["POST", `${pods}/p/exec?stdin=maybe&stdout=0`, "PodExecOptions", { stdin: true, command: null }],
  ["POST", `${pods}/p/attach`, "PodAttachOptions", {}],
  ["POST", `${pods}/p/attach?stdin=&container=a`, "PodAttachOptions", { stdin: true, container: "a" }],
  ["POST", `${pods}/p/portforward?ports=80&ports=81`, "PodPortForwardOptions", { ports: [80, 81] }],
  ["POST", `${pods}/p/portforward?ports=80,81`, "PodPortForwardOptions", { ports: [80, 81] }],
  ["POST", `${pods}/p/portforward`, "PodPortForwardOptions", {}],
  ["GET", `${pods}/http:p:80/proxy/a/b/?q=1`, "PodProxyOptions", { path: "/a/b/" }],
  ["GET", `${pods}/p/proxy`, "PodProxyOptions", {}],
  ["GET", `${pods}/p/proxy?path=x`, "PodProxyOptions", {}],
  ["DELETE", "/api/v1/namespaces/default/services/s:http/proxy/", "ServiceProxyOptions", { path: "/" }],
  ["GET", "/api/v1/nodes/n:10250/proxy/metrics", "NodeProxyOptions", { path: "/metrics" }],
];

for (const [method, path, kind, object] of shown) {
  test(`a webhook is shown ${method} ${path} as Kubernetes shows it, before anybody looks for the object`, async () => {
    await hooks.configure("Validating", "guard", everything, () => ({
      allowed: false,
      status: { message: "no", code: 418, reason: "Teapot" },
    }));
    const answer = await api.call(method, path, "admin");
    assert.deepEqual(
      [answer.status, answer.json.reason, answer.json.message],
      [418, "Teapot", 'admission webhook "guard.example.com" denied the request: no'],
    );
    const [, resource, name, subresource] = /\/(pods|services|nodes)\/([^/]+)\/([^/?]+)/.exec(path) ?? [];
    assert.equal(hooks.asked.length, 1);
    const { request } = hooks.asked[0]!;
    const { uid: _, userInfo: __, ...rest } = request;
    const kinds = { group: "", version: "v1", kind };
    const resources = { group: "", version: "v1", resource };
    assert.deepEqual(rest, {
      kind: kinds,
      resource: resources,
      subResource: subresource,
      requestKind: kinds,
      requestResource: resources,
      requestSubResource: subresource,
      name,
      ...(resource !== "nodes" && { namespace: "default" }),
      operation: "CONNECT",
      object: { kind, apiVersion: "v1", ...object },
      oldObject: null,
      dryRun: false,
      options: null,
    });
  });
}

test("ports that are no numbers are refused before webhooks are asked", async () => {
  await hooks.configure("Validating", "guard", everything, () => ({ allowed: false }));
  const answer = await api.call("POST", `${pods}/p/portforward?ports=x`, "admin");
  assert.deepEqual(
    [answer.status, answer.json.message],
    [400, 'cannot convert to []int32: strconv.ParseUint: parsing "x": invalid syntax'],
  );
  assert.equal(hooks.asked.length, 0);
});

test("reading logs connects nothing, and other rules see no connections", async () => {
  await hooks.configure("Validating", "logs", { rules: connecting("pods/log", "pods") }, () => ({ allowed: false }));
  await hooks.configure(
    "Validating",
    "writes",
    { rules: [{ ...connecting("*/*")[0], operations: ["CREATE", "UPDATE", "DELETE"] }] },
    () => ({ allowed: false }),
  );
  assert.deepEqual(await exec("command=ls&stdout=true"), { out: "done" });
  await api.call("GET", `${pods}/p/log`, "admin");
  assert.equal(hooks.asked.length, 0);
});

test("a refused upgrade runs nothing, and says why by WebSocket too", async () => {
  await hooks.configure("Validating", "guard", { rules: connecting("pods/exec") }, () => ({
    allowed: false,
    status: { message: "not here" },
  }));
  assert.deepEqual(await exec("command=ls&stdout=true"), {
    code: 400,
    text: 'admission webhook "guard.example.com" denied the request: not here',
  });
  assert.equal(ran.length, 0);
  assert.equal(audit.find(({ objectRef, stage }) => objectRef?.subresource === "exec" && stage === "ResponseComplete")?.code, 400);
});

test("who may not connect is refused before webhooks are asked", async () => {
  await hooks.configure("Validating", "guard", everything, () => ({ allowed: false }));
  const answer = await exec("command=ls&stdout=true", "eve");
  assert.ok("code" in answer && answer.code === 403, JSON.stringify(answer));
  assert.equal(hooks.asked.length, 0);
});

test("what a mutating webhook makes of the options is what is run", async () => {
  await hooks.configure("Mutating", "wrap", { rules: connecting("pods/exec") }, ({ object }) => ({
    patch: [
      { op: "replace", path: "/command", value: ["audit", ...object.command] },
      { op: "add", path: "/container", value: "c" },
    ],
  }));
  assert.deepEqual(await exec("command=ls&command=-l&stdout=true"), { out: "done" });
  assert.deepEqual(ran, [{ container: "c", command: ["audit", "ls", "-l"], stdin: false, stdout: true, stderr: false, tty: false }]);
  const [first] = audit.filter(({ objectRef }) => objectRef?.subresource === "exec");
  assert.match(JSON.stringify(first?.annotations), /"mutated\\":true/);
});

test("a mutating webhook sends a proxied request elsewhere", async () => {
  assert.equal((await api.call("GET", `${pods}/p:80/proxy/a`, "admin")).text, "80 /a");
  await hooks.configure("Mutating", "turn", everything, () => ({ patch: [{ op: "replace", path: "/path", value: "/b" }] }));
  assert.equal((await api.call("GET", `${pods}/p:80/proxy/a`, "admin")).text, "80 /b");
});

test("selectors of objects never choose connections; those of namespaces and match conditions may", async () => {
  const allowed = { out: "done" };
  const refuse = () => ({ allowed: false });
  await hooks.configure("Validating", "labelled", { ...everything, objectSelector: { matchLabels: { a: "b" } } }, refuse);
  await hooks.configure("Validating", "elsewhere", { ...everything, namespaceSelector: { matchLabels: { a: "b" } } }, refuse);
  const condition = (expression: string) => ({ ...everything, matchConditions: [{ name: "c", expression }] });
  await hooks.configure("Validating", "shells", condition("object.command.exists(c, c.endsWith('sh'))"), refuse);
  assert.deepEqual(await exec("command=ls&stdout=true"), allowed);
  assert.equal(hooks.asked.length, 0);
  const refused = await exec("command=/bin/sh&stdout=true");
  assert.deepEqual(refused, { code: 400, text: 'admission webhook "shells.example.com" denied the request without explanation' });
});

test("a webhook that cannot be reached keeps connections away, unless it may fail", async () => {
  const away = { clientConfig: { url: "https://127.0.0.1:1/" }, ...everything };
  await hooks.configure("Validating", "away", { ...away, failurePolicy: "Ignore" }, () => ({}));
  assert.deepEqual(await exec("command=ls&stdout=true"), { out: "done" });
  await hooks.clear();
  await hooks.configure("Validating", "away", away, () => ({}));
  const answer = await exec("command=ls&stdout=true");
  assert.ok(
    "code" in answer && answer.code === 500 && /failed calling webhook "away.example.com"/.test(answer.text),
    JSON.stringify(answer),
  );
});

test("a validating policy judges connections by their options", async () => {
  const metadata = { name: "no-shells" };
  const validations = [{ expression: "!object.command.exists(c, c == 'sh')", message: "no shells here", reason: "Forbidden" }];
  const policy = { metadata, spec: { matchConstraints: { resourceRules: connecting("pods/exec") }, validations } };
  const binding = { metadata, spec: { policyName: "no-shells", validationActions: ["Deny"] } };
  for (const [plural, body] of [
    ["validatingadmissionpolicies", policy],
    ["validatingadmissionpolicybindings", binding],
  ] as const)
    assert.equal((await api.call("POST", `${base}/${plural}`, "admin", body)).status, 201);
  assert.deepEqual(await exec("command=ls&stdout=true"), { out: "done" });
  assert.deepEqual(await exec("command=sh&stdout=true"), {
    code: 403,
    text: "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'no-shells' with binding 'no-shells' denied request: no shells here",
  });
  const attached = await api.call("POST", `${pods}/p/attach`, "admin");
  assert.doesNotMatch(attached.text, /no shells/);
});
