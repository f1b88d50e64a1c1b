// Who may do what: authentication, RBAC, escalation, impersonation, nodes, foreign and stale tokens. Everything not granted is refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { createAuthority, issueClientCertificate } from "../../src/clusters/pki.ts";
import { generateSigningKey, KeyRing } from "../../src/clusters/signing-keys.ts";
import { audience, startServer, type TestServer } from "./server-support.ts";

let s: TestServer;
const clock = new FakeClock(Date.now());
const rbac = "rbac.authorization.k8s.io";
const base = `/apis/${rbac}/v1`;

const pod = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { containers: [{ name: "c", image: "nginx" }], ...spec },
});

before(async () => {
  s = await startServer({}, clock);
  await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
  await s.client.create("secrets", "default", { apiVersion: "v1", kind: "Secret", metadata: { name: "mine" } });
  await s.client.create("secrets", "default", { apiVersion: "v1", kind: "Secret", metadata: { name: "other" } });
  await s.client.create(`roles.${rbac}`, "default", {
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: { name: "editor-of-roles", namespace: "default" },
    rules: [
      { apiGroups: [rbac], resources: ["roles", "rolebindings"], verbs: ["create", "update", "patch", "get"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["update", "patch"] },
    ],
  });
  await s.client.create(`rolebindings.${rbac}`, "default", {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name: "bob", namespace: "default" },
    roleRef: { apiGroup: rbac, kind: "Role", name: "editor-of-roles" },
    subjects: [{ apiGroup: rbac, kind: "User", name: "bob" }],
  });
  for (const node of ["node-a", "node-b"]) await s.client.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name: node } });
  await s.client.create("pods", "default", pod("on-a", { nodeName: "node-a", volumes: [{ name: "v", secret: { secretName: "mine" } }] }));
});
after(() => s.close());

test("anonymous users see what system:public-info-viewer shows and nothing else", async () => {
  for (const path of ["/version", "/healthz", "/livez", "/readyz"]) assert.equal((await s.call("GET", path)).status, 200, path);
  for (const path of ["/", "/api", "/apis", "/api/v1/pods", "/metrics", "/openapi/v3", "/openid/v1/jwks", "/healthz/etcd"]) {
    const answer = await s.call("GET", path);
    assert.equal(answer.status, 403, path);
    assert.match(answer.json.message, /User "system:anonymous" cannot/);
  }
});

test("credentials that nobody knows are a 401, whatever the path", async () => {
  for (const token of ["nonsense", "a.b.c", "k8s-aws-v1.xxx"]) {
    const answer = await s.call("GET", "/version", token);
    assert.equal(answer.status, 401);
    assert.equal(answer.json.message, "Unauthorized");
    assert.equal(answer.json.reason, "Unauthorized");
  }
  assert.equal((await s.call("GET", "/version", undefined, undefined, { authorization: "Basic YTpi" })).status, 401);
});

const refused: [name: string, user: string, method: string, path: string, body?: unknown][] = [
  ["a user without roles lists pods", "eve", "GET", "/api/v1/namespaces/default/pods"],
  ["all namespaces with a role in one", "bob", "GET", "/api/v1/pods"],
  ["another namespace", "bob", "GET", "/api/v1/namespaces/kube-system/pods"],
  ["a secret beyond resourceNames", "bob", "GET", "/api/v1/namespaces/default/secrets/other"],
  ["all secrets with resourceNames", "bob", "GET", "/api/v1/namespaces/default/secrets"],
  [
    "a field selector that only looks as if it named the secret",
    "bob",
    "GET",
    `/api/v1/namespaces/default/secrets?fieldSelector=${encodeURIComponent("type!=x\\,metadata.name=mine")}`,
  ],
  ["watching all secrets", "bob", "GET", "/api/v1/namespaces/default/secrets?watch=1"],
  ["a subresource of an allowed resource", "bob", "GET", "/api/v1/namespaces/default/pods/on-a/log"],
  ["another namespace by an encoded slash", "bob", "GET", "/api/v1/namespaces/default%2F..%2Fkube-system/pods"],
  ["creating by PUT with update only", "bob", "PUT", "/api/v1/namespaces/default/limitranges/x", {}],
  [
    "granting what one does not hold",
    "bob",
    "POST",
    `${base}/namespaces/default/roles`,
    { metadata: { name: "more" }, rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }] },
  ],
  [
    "widening one's own role",
    "bob",
    "PATCH",
    `${base}/namespaces/default/roles/editor-of-roles`,
    { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
  ],
  [
    "binding a role with more rights",
    "bob",
    "POST",
    `${base}/namespaces/default/rolebindings`,
    {
      metadata: { name: "up" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ apiGroup: rbac, kind: "User", name: "bob" }],
    },
  ],
  [
    "binding a role that does not exist yet",
    "bob",
    "POST",
    `${base}/namespaces/default/rolebindings`,
    { metadata: { name: "later" }, roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "soon" }, subjects: [] },
  ],
  ["a node reads a secret no pod of its uses", "node-a", "GET", "/api/v1/namespaces/default/secrets/other"],
  ["a node reads a secret of another node's pod", "node-b", "GET", "/api/v1/namespaces/default/secrets/mine"],
  ["a node lists all secrets", "node-a", "GET", "/api/v1/secrets"],
  ["a node patches another node", "node-b", "PATCH", "/api/v1/nodes/node-a/status", { status: { capacity: { cpu: "99" } } }],
  [
    "a node labels itself into a trusted group",
    "node-a",
    "PATCH",
    "/api/v1/nodes/node-a",
    { metadata: { labels: { "node-restriction.kubernetes.io/x": "1" } } },
  ],
  ["a node removes its taints", "node-a", "PATCH", "/api/v1/nodes/node-a", { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } }],
  ["a node deletes a pod of another node", "node-b", "DELETE", "/api/v1/namespaces/default/pods/on-a"],
  [
    "a node reports on a pod of another node",
    "node-b",
    "PATCH",
    "/api/v1/namespaces/default/pods/on-a/status",
    { status: { phase: "Failed" } },
  ],
  ["a node creates an ordinary pod", "node-a", "POST", "/api/v1/namespaces/default/pods", pod("sneaky", { nodeName: "node-a" })],
  ["a node asks for an unbound token", "node-a", "POST", "/api/v1/namespaces/default/serviceaccounts/default/token", { spec: {} }],
  [
    "a node asks for a token of a pod elsewhere",
    "node-b",
    "POST",
    "/api/v1/namespaces/default/serviceaccounts/default/token",
    { spec: { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "on-a", uid: "x" } } },
  ],
];

for (const [name, user, method, path, body] of refused) {
  test(`refused: ${name}`, async () => {
    const headers = method === "PATCH" ? { "content-type": "application/merge-patch+json" } : undefined;
    const answer = await s.call(method, path, user, body, headers);
    assert.ok([400, 403].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.equal(answer.json.kind, "Status");
    assert.equal(answer.json.status, "Failure");
  });
}

test("what is granted works: by name, by pinned list, within one's own rights", async () => {
  assert.equal((await s.call("GET", "/api/v1/namespaces/default/secrets/mine", "bob")).status, 200);
  const pinned = await s.call("GET", "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3Dmine", "bob");
  assert.deepEqual(
    pinned.json.items.map((each: any) => each.metadata.name),
    ["mine"],
  );
  const role = { metadata: { name: "less" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] };
  assert.equal((await s.call("POST", `${base}/namespaces/default/roles`, "bob", role)).status, 201);
  assert.equal((await s.call("GET", "/api/v1/namespaces/default/secrets/mine", "node-a")).status, 200);
});

test("an escalation is refused with the missing rules", async () => {
  const role = { metadata: { name: "more" }, rules: [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "delete"] }] };
  const { json } = await s.call("POST", `${base}/namespaces/default/roles`, "bob", role);
  assert.equal(
    json.message,
    'roles.rbac.authorization.k8s.io "more" is forbidden: user "bob" (groups=["developers" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["apps"], Resources:["deployments"], Verbs:["create" "delete"]}',
  );
});

test("impersonation needs its verb for every part", async () => {
  const as = (token: string, headers: Record<string, string>) =>
    s.call("GET", "/api/v1/namespaces/default/pods", token, undefined, headers);
  assert.equal((await as("admin", { "impersonate-user": "eve" })).status, 403);
  assert.equal((await as("admin", { "impersonate-user": "bob" })).status, 200);
  for (const headers of [
    { "impersonate-user": "admin" },
    { "impersonate-user": "eve", "impersonate-group": "system:masters" },
    { "impersonate-group": "system:masters" },
    { "impersonate-user": "system:serviceaccount:default:default" },
  ]) {
    assert.ok([400, 403].includes((await as("bob", headers as never)).status), JSON.stringify(headers));
  }
});

test("client certificates: the cluster's authority only, in their time, for clients", async () => {
  const good = await s.clientCertificate("bob", ["developers"]);
  const review = await s.callWith(good, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {});
  assert.deepEqual(review.json.status.userInfo, { username: "bob", groups: ["developers", "system:authenticated"] });
  const foreign = await issueClientCertificate(await createAuthority("kubernetes", Date.now()), "admin", ["system:masters"], Date.now());
  const old = await issueClientCertificate(s.authority, "admin", ["system:masters"], Date.now() - 2 * 365 * 24 * 3600 * 1000);
  for (const pair of [foreign, old]) assert.equal((await s.callWith(pair, "GET", "/api/v1/pods")).status, 403);
});

async function token(spec: object = {}): Promise<string> {
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const answer = await s.call("POST", path, "admin", { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.status.token;
}

const whoAmI = (bearer: string) => s.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", bearer, {});

test("service account tokens name their account and its groups", async () => {
  const { json } = await whoAmI(await token());
  const { username, groups, extra } = json.status.userInfo;
  assert.equal(username, "system:serviceaccount:default:default");
  assert.deepEqual(groups, ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);
  assert.match(extra["authentication.kubernetes.io/credential-id"][0], /^JTI=/);
});

test("tokens of another audience, another key, another issuer or with other claims are refused", async () => {
  assert.equal((await whoAmI(await token({ audiences: ["sts.amazonaws.com"] }))).status, 401);
  const key = await generateSigningKey(0);
  const foreign = new KeyRing({ read: () => [key], write() {} }, { now: () => 1000, after: () => ({ cancel() {} }) });
  const real = JSON.parse(Buffer.from((await token()).split(".")[1] as string, "base64url").toString());
  assert.equal((await whoAmI(foreign.sign(real))).status, 401);
  assert.equal((await whoAmI(foreign.sign({ ...real, iss: "https://oidc.example/id/B" }))).status, 401);
  for (const change of [
    { iss: "https://oidc.example/id/B" },
    { sub: "system:serviceaccount:kube-system:default" },
    { aud: [] },
    { exp: undefined },
    { nbf: Math.floor(clock.now() / 1000) + 3600 },
    { "kubernetes.io": undefined },
    { "kubernetes.io": { ...real["kubernetes.io"], serviceaccount: { name: "default", uid: "other" } } },
  ]) {
    assert.equal((await whoAmI(s.ring.sign({ ...real, aud: [audience], ...change }))).status, 401, JSON.stringify(change));
  }
  const [head, body] = (await token()).split(".") as [string, string];
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  for (const forged of [`${none}.${body}.`, `${head}.${body}.`, `${head}.${body}.AAAA`]) assert.equal((await whoAmI(forged)).status, 401);
});

test("a token falls with the pod it is bound to, and with time", async () => {
  const made = await s.client.create("pods", "default", pod("short"));
  const reference = { apiVersion: "v1", kind: "Pod", name: "short", uid: made.metadata.uid };
  const bound = await token({ boundObjectRef: reference, expirationSeconds: 600 });
  const { json } = await whoAmI(bound);
  assert.deepEqual(json.status.userInfo.extra["authentication.kubernetes.io/pod-name"], ["short"]);
  await s.client.delete("pods", "default", "short");
  assert.equal((await whoAmI(bound)).status, 401);
  await s.client.create("pods", "default", pod("short"));
  assert.equal((await whoAmI(bound)).status, 401, "a pod of the same name is another pod");
  const brief = await token({ expirationSeconds: 600 });
  assert.equal((await whoAmI(brief)).status, 201);
  await clock.step(600_000 + 30_000);
  assert.equal((await whoAmI(brief)).status, 201, "within the leeway of a minute");
  await clock.step(31_000);
  assert.equal((await whoAmI(brief)).status, 401);
});

test("TokenRequest: limits, extension for kubelets, binding errors", async () => {
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const ask = (spec: object) => s.call("POST", path, "admin", { spec });
  const short = await ask({ expirationSeconds: 60 });
  assert.equal(short.status, 422);
  assert.match(short.json.message, /spec\.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes/);
  const long = await ask({ expirationSeconds: 1_000_000 });
  assert.match(String(long.headers.warning), /requested expiration of 1000000 seconds shortened to 86400 seconds/);
  const on = await s.client.get("pods", "default", "on-a");
  const reference = { apiVersion: "v1", kind: "Pod", name: "on-a", uid: on?.metadata.uid };
  const extended = await ask({ expirationSeconds: 3607, boundObjectRef: reference });
  const claims = JSON.parse(Buffer.from(extended.json.status.token.split(".")[1], "base64url").toString());
  assert.equal(claims.exp - claims.iat, 7_776_000);
  assert.equal(claims["kubernetes.io"].warnafter - claims.iat, 3607);
  assert.equal(claims["kubernetes.io"].node.name, "node-a");
  assert.equal(Date.parse(extended.json.status.expirationTimestamp) / 1000 - claims.iat, 3607);
  assert.equal((await ask({ boundObjectRef: { ...reference, uid: "x" } })).status, 409);
  assert.equal((await ask({ boundObjectRef: { ...reference, name: "nobody" } })).status, 404);
});
