// Table tests of validation: what is sent, and the whole text of the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestServer } from "./server-support.ts";

/** Kinds by apiVersion and plural; `cluster` for those without a namespace. */
export const kinds: Readonly<Record<string, readonly [apiVersion: string, plural: string, cluster?: true]>> = {
  Pod: ["v1", "pods"],
  ConfigMap: ["v1", "configmaps"],
  Secret: ["v1", "secrets"],
  ResourceQuota: ["v1", "resourcequotas"],
  LimitRange: ["v1", "limitranges"],
  Node: ["v1", "nodes", true],
  PersistentVolumeClaim: ["v1", "persistentvolumeclaims"],
  PersistentVolume: ["v1", "persistentvolumes", true],
  StorageClass: ["storage.k8s.io/v1", "storageclasses", true],
  Deployment: ["apps/v1", "deployments"],
  DaemonSet: ["apps/v1", "daemonsets"],
  StatefulSet: ["apps/v1", "statefulsets"],
  Job: ["batch/v1", "jobs"],
  CronJob: ["batch/v1", "cronjobs"],
  Lease: ["coordination.k8s.io/v1", "leases"],
  EndpointSlice: ["discovery.k8s.io/v1", "endpointslices"],
  PriorityClass: ["scheduling.k8s.io/v1", "priorityclasses", true],
  RuntimeClass: ["node.k8s.io/v1", "runtimeclasses", true],
  RoleBinding: ["rbac.authorization.k8s.io/v1", "rolebindings"],
  Role: ["rbac.authorization.k8s.io/v1", "roles"],
  CertificateSigningRequest: ["certificates.k8s.io/v1", "certificatesigningrequests", true],
};

/** Kind, members beside metadata, and the finding; undefined: the object is taken. */
export type CreateCase = readonly [kind: string, object: object, message: string | undefined];
/** Kind, first object, merge patch, and the finding. */
export type ChangeCase = readonly [kind: string, object: object, patch: object, message: string | undefined];

function pathOf(kind: string): string {
  const [apiVersion, plural, cluster] = kinds[kind]!;
  return `/${apiVersion === "v1" ? "api" : "apis"}/${apiVersion}${cluster ? "" : "/namespaces/default"}/${plural}`;
}

const findings = (message: string) => message.replace(/^.*? is invalid: /s, "");
const bodyOf = (kind: string, name: string, object: object) => ({ apiVersion: kinds[kind]![0], kind, metadata: { name }, ...object });
const short = (value: object) => JSON.stringify(value).slice(0, 200);

/** A test for every creation. */
export function testCreations(api: () => TestServer, cases: readonly CreateCase[]): void {
  for (const [index, [kind, object, message]] of cases.entries()) {
    test(`${kind} ${short(object)}`, async () => {
      const answer = await api().call("POST", pathOf(kind), "admin", bodyOf(kind, `n${index}`, object));
      assert.equal(answer.status, message === undefined ? 201 : 422, answer.text);
      if (message !== undefined) assert.equal(findings(answer.json.message), message);
    });
  }
}

/** A test for every change of a created object. */
export function testChanges(api: () => TestServer, cases: readonly ChangeCase[]): void {
  for (const [index, [kind, object, patch, message]] of cases.entries()) {
    test(`${kind} ${short(object)} changed by ${short(patch)}`, async () => {
      const name = `c${index}`;
      const made = await api().call("POST", pathOf(kind), "admin", bodyOf(kind, name, object));
      assert.equal(made.status, 201, made.text);
      const answer = await api().call("PATCH", `${pathOf(kind)}/${name}`, "admin", patch, {
        "content-type": "application/merge-patch+json",
      });
      assert.equal(answer.status, message === undefined ? 200 : 422, answer.text);
      if (message !== undefined) assert.equal(findings(answer.json.message), message);
    });
  }
}
