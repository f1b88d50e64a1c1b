// Certificate signing requests from creation to certificate, as on EKS: kubelets' own are approved, serving ones signed, client ones not.
import "reflect-metadata";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { webcrypto, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as x509 from "@peculiar/x509";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { certificateSigner } from "../../src/clusters/certificate-signing.ts";
import { systemRoles } from "../../src/clusters/system-roles.ts";
import { type RunningControllers, startControllers } from "../../src/kubernetes/controllers/index.ts";
import { kubectl } from "../support/kubectl.ts";
import { startServer, type TestServer } from "./server-support.ts";

const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const serving = ["digital signature", "key encipherment", "server auth"];
const appServing = "beta.eks.amazonaws.com/app-serving";
const kubeletServing = "kubernetes.io/kubelet-serving";

let api: TestServer;
let controllers: RunningControllers;
before(async () => {
  api = await startServer();
  for (const { type, object } of systemRoles()) await api.client.create(type, "", object);
  controllers = startControllers({
    clientFor: (username) => api.server.component(username),
    catalog: api.server.served,
    caBundle: api.authority.certificate,
    certificates: certificateSigner(() => api.authority, Date.now),
    clock: systemClock,
    log: silentLog,
    random: seededRandom(1),
  });
});
after(async () => {
  controllers?.close();
  await api?.close();
});

async function pem(subject: string, names: x509.JsonGeneralNames = []): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const extensions = names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: algorithm, extensions });
  return request.toString("pem");
}

const dns = (value: string) => [{ type: "dns" as const, value }];
const requestOf = (name: string, request: string, signerName: string, more: object = {}) => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name },
  spec: { request: Buffer.from(request).toString("base64"), signerName, usages: serving, ...more },
});

async function decide(name: string, type: string, token = "admin", status = "True") {
  const { json } = await api.call("GET", `${path}/${name}`, "admin");
  const conditions = [...(json.status.conditions ?? []), { type, status, reason: "Test", message: "test" }];
  return api.call("PUT", `${path}/${name}/approval`, token, { ...json, status: { ...json.status, conditions } });
}

async function until(name: string, holds: (request: any) => boolean): Promise<any> {
  for (let i = 0; i < 200; i++) {
    const { json } = await api.call("GET", `${path}/${name}`, "admin");
    if (holds(json)) return json;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail(`${name} never came there`);
}

const isSigned = (request: any) => request.status.certificate !== undefined;
const hasCondition = (type: string) => (request: any) => (request.status.conditions ?? []).some((each: any) => each.type === type);

test("an approved app-serving request becomes a certificate of the cluster's authority", async () => {
  const request = await pem("CN=web.default.svc", dns("web.default.svc"));
  assert.equal((await api.call("POST", path, "bob", requestOf("web", request, appServing))).status, 403);
  assert.equal((await api.call("POST", path, "admin", requestOf("web", request, appServing))).status, 201);
  const approved = await decide("web", "Approved");
  assert.equal(approved.status, 200, approved.text);
  assert.ok(approved.json.status.conditions[0].lastTransitionTime);
  const { status } = await until("web", isSigned);
  const certificate = new X509Certificate(Buffer.from(status.certificate, "base64"));
  assert.ok(certificate.verify(new X509Certificate(api.authority.certificate).publicKey));
  assert.equal(certificate.subjectAltName, "DNS:web.default.svc");
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
});

test("a short life is honoured", async () => {
  const request = await pem("CN=short", dns("short.example.com"));
  await api.call("POST", path, "admin", requestOf("short", request, appServing, { expirationSeconds: 3600 }));
  await decide("short", "Approved");
  const { status } = await until("short", isSigned);
  const left = Date.parse(new X509Certificate(Buffer.from(status.certificate, "base64")).validTo) - Date.now();
  assert.ok(left > 3_500_000 && left <= 3_600_000, String(left));
});

test("a kubelet's own serving request is approved and signed by itself", async () => {
  const request = await pem("O=system:nodes, CN=system:node:node-a", dns("node-a"));
  const made = await api.call("POST", path, "node-a", requestOf("own", request, kubeletServing));
  assert.equal(made.status, 201, made.text);
  const { spec, status } = await until("own", isSigned);
  assert.equal(spec.username, "system:node:node-a");
  assert.equal(status.conditions[0].reason, "AutoApproved");
});

test("a serving request for another node waits for a person, and is not signed even then unless it is one of a node", async () => {
  await api.call(
    "POST",
    path,
    "node-a",
    requestOf("other", await pem("O=system:nodes, CN=system:node:node-b", dns("node-b")), kubeletServing),
  );
  await api.call("POST", path, "admin", requestOf("fake", await pem("O=system:masters, CN=system:node:x", dns("x")), kubeletServing));
  await decide("fake", "Approved");
  const failed = await until("fake", hasCondition("Failed"));
  assert.equal(failed.status.conditions[1].reason, "SignerValidationFailure");
  assert.equal(failed.status.conditions[1].message, "subject organization is not system:nodes");
  await controllers.idle();
  const { json } = await api.call("GET", `${path}/other`, "admin");
  assert.equal(json.status.conditions, undefined);
});

test("client certificates are approved by people and signed by nobody", async () => {
  const usages = ["client auth"];
  await api.call("POST", path, "admin", requestOf("person", await pem("CN=jane"), "kubernetes.io/kube-apiserver-client", { usages }));
  assert.equal((await decide("person", "Approved")).status, 200);
  await controllers.idle();
  assert.ok(!isSigned((await api.call("GET", `${path}/person`, "admin")).json));
});

test("who may not approve or sign for a signer is refused", async () => {
  const rule = (resources: string[], verbs: string[], more: object = {}) => ({
    apiGroups: ["certificates.k8s.io"],
    resources,
    verbs,
    ...more,
  });
  await api.client.create("clusterroles.rbac.authorization.k8s.io", "", {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "approver" },
    rules: [
      rule(
        ["certificatesigningrequests", "certificatesigningrequests/approval", "certificatesigningrequests/status"],
        ["get", "create", "update"],
      ),
      rule(["signers"], ["approve"], { resourceNames: ["example.com/one"] }),
    ],
  });
  await api.client.create("clusterrolebindings.rbac.authorization.k8s.io", "", {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "approver" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "approver" },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "bob" }],
  });
  const request = await pem("CN=x");
  for (const each of ["one", "two"]) await api.call("POST", path, "bob", requestOf(each, request, `example.com/${each}`));
  assert.equal((await decide("one", "Approved", "bob")).status, 200);
  const refused = await decide("two", "Approved", "bob");
  assert.equal(refused.status, 403);
  assert.match(refused.json.message, /user not permitted to approve requests with signerName "example.com\/two"$/);
  const { json } = await api.call("GET", `${path}/one`, "admin");
  const signed = { ...json, status: { ...json.status, certificate: Buffer.from(api.authority.certificate).toString("base64") } };
  assert.equal((await api.call("PUT", `${path}/one/status`, "bob", signed)).status, 403);
  assert.equal((await api.call("PUT", `${path}/one/status`, "admin", signed)).status, 200);
});

const invalid: [name: string, make: (request: string) => object, message: string][] = [
  [
    "no PEM",
    () => requestOf("i", "hello", appServing),
    'spec.request: Invalid value: "aGVsbG8=": PEM block type must be CERTIFICATE REQUEST',
  ],
  ["no usages", (request) => requestOf("i", request, appServing, { usages: [] }), "spec.usages: Required value"],
  ["a usage twice", (request) => requestOf("i", request, appServing, { usages: ["any", "any"] }), 'spec.usages[1]: Duplicate value: "any"'],
  ["no signer", (request) => requestOf("i", request, ""), "spec.signerName: Required value"],
  [
    "the legacy signer",
    (request) => requestOf("i", request, "kubernetes.io/legacy-unknown"),
    'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
  ],
  [
    "a signer without a path",
    (request) => requestOf("i", request, "example.com"),
    `spec.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
  ],
  [
    "a very short life",
    (request) => requestOf("i", request, appServing, { expirationSeconds: 60 }),
    "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)",
  ],
];
for (const [name, make, message] of invalid) {
  test(`a request with ${name} is refused`, async () => {
    const answer = await api.call("POST", path, "admin", make(await pem("CN=x")));
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.message.replace(/^.*? is invalid: /, ""), message);
  });
}

test("decisions are true, exclusive and final, and made through approval only", async () => {
  await api.call("POST", path, "admin", requestOf("final", await pem("CN=x"), "example.com/x"));
  const untrue = await decide("final", "Approved", "admin", "False");
  assert.match(untrue.json.message, /status.conditions\[0\].status: Unsupported value: "False": supported values: "True"$/);
  const { json: fresh } = await api.call("GET", `${path}/final`, "admin");
  const sneaked = { ...fresh, status: { conditions: [{ type: "Approved", status: "True" }] } };
  const wrongWay = await api.call("PUT", `${path}/final/status`, "admin", sneaked);
  assert.match(wrongWay.json.message, /status.conditions: Forbidden: updates may not add a condition of type "Approved"$/);
  assert.equal((await decide("final", "Denied")).status, 200);
  const both = await decide("final", "Approved");
  assert.match(
    both.json.message,
    /status.conditions\[1\].type: Invalid value: "Approved": Approved and Denied conditions are mutually exclusive$/,
  );
  const { json } = await api.call("GET", `${path}/final`, "admin");
  const undone = await api.call("PUT", `${path}/final/approval`, "admin", { ...json, status: {} });
  assert.match(undone.json.message, /status.conditions: Forbidden: updates may not remove a condition of type "Denied"$/);
});

for (const version of ["31", "33", "35"] as const) {
  test(`kubectl 1.${version} approves and denies`, async (t) => {
    const program = kubectl(version);
    if (!program) return t.skip("needs kubectl");
    const folder = mkdtempSync(join(tmpdir(), "atoll-csr-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "ca"), api.authority.certificate);
    const run = (...args: string[]) =>
      new Promise<string>((resolve, reject) => {
        const all = [`--server=${api.url}`, `--certificate-authority=${join(folder, "ca")}`, "--token=admin", ...args];
        execFile(program, all, { env: { HOME: folder } }, (error, out, err) => (error ? reject(new Error(err)) : resolve(out)));
      });
    for (const verb of ["approve", "deny"])
      await api.call("POST", path, "admin", requestOf(`${verb}-${version}`, await pem("CN=web", dns("web.example.com")), appServing));
    assert.equal(
      await run("certificate", "approve", `approve-${version}`),
      `certificatesigningrequest.certificates.k8s.io/approve-${version} approved\n`,
    );
    assert.equal(
      await run("certificate", "deny", `deny-${version}`),
      `certificatesigningrequest.certificates.k8s.io/deny-${version} denied\n`,
    );
    await until(`approve-${version}`, isSigned);
    const listed = await run("get", "csr", "--no-headers");
    assert.match(listed, new RegExp(`^approve-${version} .*Approved,Issued$`, "m"));
    assert.match(listed, new RegExp(`^deny-${version} .*Denied$`, "m"));
  });
}
