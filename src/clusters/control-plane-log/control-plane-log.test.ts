import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import type { RequestRecord } from "../../kubernetes/server/options.ts";
import { auditEvent } from "./audit-event.ts";
import { type AuditLevel, auditLevel } from "./audit-policy.ts";
import { ControlPlaneLog, type LogLine } from "./control-plane-log.ts";

const record = (verb: string, what: string, changes: Partial<RequestRecord> & { who?: string; groups?: string[] } = {}): RequestRecord => {
  const [path = "", name = ""] = what.split(" ");
  const [namespace = "", typed = ""] = path.includes(":") ? path.split(":") : ["", path];
  const [resourceName = "", subresource = ""] = typed.split("/");
  const [resource = "", ...group] = resourceName.split(".");
  const { who = "alice", groups = [], ...rest } = changes;
  return {
    auditId: "a-1",
    user: { username: who, groups },
    impersonatedUser: undefined,
    verb,
    uri: "/x",
    sourceIp: "127.0.0.1",
    userAgent: "test",
    objectRef: { group: group.join("."), version: "v1", resource, subresource, namespace, name },
    code: 200,
    received: 1000,
    finished: 1002,
    annotations: {},
    stage: "ResponseComplete",
    ...rest,
  };
};
const nodes = { who: "system:node:ip-10-0-0-1", groups: ["system:nodes"] };

const LEVELS: [AuditLevel, RequestRecord][] = [
  ["RequestResponse", record("patch", "kube-system:configmaps aws-auth")],
  ["RequestResponse", record("delete", "kube-system:configmaps aws-auth")],
  ["Metadata", record("get", "kube-system:configmaps aws-auth")],
  ["Metadata", record("patch", "default:configmaps aws-auth")],
  ["None", record("watch", "services", { who: "system:kube-proxy" })],
  ["Request", record("watch", "services")],
  ["None", record("get", "nodes ip-10-0-0-1", nodes)],
  ["Request", record("get", "nodes ip-10-0-0-1")],
  ["None", record("update", "kube-system:endpoints x", { who: "system:kube-scheduler" })],
  ["RequestResponse", record("update", "default:endpoints x", { who: "system:kube-scheduler" })],
  ["None", record("get", "namespaces/status x", { who: "system:apiserver" })],
  ["None", record("list", "pods.metrics.k8s.io", { who: "system:kube-controller-manager" })],
  ["None", record("get", "", { objectRef: undefined, uri: "/healthz?verbose" })],
  ["None", record("get", "", { objectRef: undefined, uri: "/version" })],
  ["Metadata", record("get", "", { objectRef: undefined, uri: "/readyz" })],
  ["None", record("create", "default:events")],
  ["Request", record("patch", "nodes/status ip-10-0-0-1", nodes)],
  ["Request", record("patch", "default:pods/status p", nodes)],
  ["RequestResponse", record("patch", "default:pods/status p")],
  ["Request", record("deletecollection", "default:deployments.apps", { who: "system:serviceaccount:kube-system:namespace-controller" })],
  ["Metadata", record("create", "default:secrets s")],
  ["Metadata", record("create", "tokenreviews.authentication.k8s.io")],
  ["Request", record("create", "default:serviceaccounts/token sa")],
  ["Request", record("list", "default:deployments.apps")],
  ["RequestResponse", record("create", "default:deployments.apps")],
  ["Metadata", record("update", "default:leases.coordination.k8s.io l")],
  ["Metadata", record("create", "default:widgets.example.com w")],
];
for (const [level, request] of LEVELS) {
  const { verb, uri, objectRef, user } = request;
  test(`${level}: ${user?.username} ${verb} ${objectRef ? JSON.stringify(Object.values(objectRef)) : uri}`, () =>
    assert.equal(auditLevel(request), level));
}

test("an event carries what its level allows, and never a Secret's content", () => {
  const bodies = { requestObject: { data: { password: "x" } }, responseObject: { data: { password: "x" } } };
  const secret = JSON.parse(auditEvent(record("create", "default:secrets s", bodies))!);
  assert.deepEqual([secret.level, secret.requestObject, secret.responseObject], ["Metadata", undefined, undefined]);
  const token = JSON.parse(auditEvent(record("create", "default:serviceaccounts/token sa", bodies))!);
  assert.deepEqual([token.level, "requestObject" in token, "responseObject" in token], ["Request", true, false]);
  const pod = JSON.parse(auditEvent(record("create", "default:pods p", bodies))!);
  assert.deepEqual([pod.kind, pod.apiVersion, "responseObject" in pod], ["Event", "audit.k8s.io/v1", true]);
  assert.equal(pod.requestReceivedTimestamp, "1970-01-01T00:00:01.000000Z");
  assert.equal(auditEvent(record("create", "default:events")), undefined);
});

test("refused credentials are audited with an empty user", () => {
  const event = JSON.parse(auditEvent(record("get", "default:pods p", { user: undefined, code: 401 }))!);
  assert.deepEqual([event.user, event.responseStatus.code], [{}, 401]);
});

test("lines are delivered in batches while their type is on, and cut when they are huge", async () => {
  const clock = new FakeClock();
  const delivered: [string, readonly LogLine[]][] = [];
  const on = new Set<string>(["audit"]);
  const log = new ControlPlaneLog({
    clock,
    hexId: "ABC",
    enabled: (type) => on.has(type),
    deliver: (stream, lines) => delivered.push([stream, lines]),
  });
  log.audit?.(record("create", "default:pods a"));
  log.audit?.(record("create", "default:pods b", { requestObject: "x".repeat(2 * 1024 * 1024) }));
  log.authenticator("info", "access granted", { arn: "x" });
  assert.equal(delivered.length, 0);
  await clock.step(1000);
  assert.match(delivered[0]![0], /^kube-apiserver-audit-[0-9a-f]{32}$/);
  assert.equal(delivered[0]![1].length, 2);
  assert.ok(delivered[0]![1][1]!.message.length < 2000);
  on.delete("audit");
  on.add("authenticator");
  assert.equal(log.audit, undefined);
  log.authenticator("warning", "access denied", { path: "/authenticate", error: "ARN is not mapped", arn: "arn:aws:iam::1:role/x" });
  log.close();
  assert.equal(
    delivered[1]![1][0]!.message,
    'time="2026-01-01T00:00:01Z" level=warning msg="access denied" arn="arn:aws:iam::1:role/x" error="ARN is not mapped" path=/authenticate',
  );
});
