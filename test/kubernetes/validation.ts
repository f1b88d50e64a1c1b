// Table tests of validation: what is sent, and the whole text of the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../support/https-request.ts";
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
  ClusterRole: ["rbac.authorization.k8s.io/v1", "clusterroles", true],
  ClusterRoleBinding: ["rbac.authorization.k8s.io/v1", "clusterrolebindings", true],
  ServiceAccount: ["v1", "serviceaccounts"],
  Namespace: ["v1", "namespaces", true],
  Endpoints: ["v1", "endpoints"],
  CSIDriver: ["storage.k8s.io/v1", "csidrivers", true],
  CSINode: ["storage.k8s.io/v1", "csinodes", true],
  VolumeAttachment: ["storage.k8s.io/v1", "volumeattachments", true],
  VolumeAttributesClass: ["storage.k8s.io/v1", "volumeattributesclasses", true],
  IngressClass: ["networking.k8s.io/v1", "ingressclasses", true],
  PodDisruptionBudget: ["policy/v1", "poddisruptionbudgets"],
  ValidatingWebhookConfiguration: ["admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", true],
  MutatingWebhookConfiguration: ["admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", true],
  ValidatingAdmissionPolicy: ["admissionregistration.k8s.io/v1", "validatingadmissionpolicies", true],
  MutatingAdmissionPolicy: ["admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", true],
  MutatingAdmissionPolicyBinding: ["admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings", true],
  ValidatingAdmissionPolicyBinding: ["admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", true],
  CertificateSigningRequest: ["certificates.k8s.io/v1", "certificatesigningrequests", true],
};

/** Since Kubernetes 1.20, with which some tables are compared, the rule or its text has changed. */
export type Newer = "newer";
/** Kind, members (a name is given unless there is metadata), and the finding; undefined: the object is taken. */
export type CreateCase = readonly [kind: string, object: object, message: string | undefined, newer?: Newer];
/** Kind, first object, merge patch, and the finding. */
export type ChangeCase = readonly [kind: string, object: object, patch: object, message: string | undefined, newer?: Newer];
type Call = (method: string, path: string, body: object, headers?: Record<string, string>) => Promise<Answer>;

function pathOf(kind: string): string {
  const [apiVersion, plural, cluster] = kinds[kind]!;
  return `/${apiVersion === "v1" ? "api" : "apis"}/${apiVersion}${cluster ? "" : "/namespaces/default"}/${plural}`;
}

const bodyOf = (kind: string, name: string, object: object) => ({ apiVersion: kinds[kind]![0], kind, metadata: { name }, ...object });
const short = (value: object) => JSON.stringify(value).slice(0, 200);

/** Kubernetes' findings of one object, behind the name of what is invalid. */
export const findings = (message: string) => message.replace(/^.*? is invalid: /s, "");

/** Sends a creation. */
export function create(call: Call, index: number, [kind, object]: CreateCase): Promise<Answer> {
  return call("POST", pathOf(kind), bodyOf(kind, `n${index}`, object));
}

/** Creates the first object of a change and patches it. */
export async function change(call: Call, index: number, [kind, object, patch]: ChangeCase): Promise<Answer> {
  const body = bodyOf(kind, `c${index}`, object);
  const made = await call("POST", pathOf(kind), body);
  assert.equal(made.status, 201, made.text);
  return call("PATCH", `${pathOf(kind)}/${body.metadata.name}`, patch, { "content-type": "application/merge-patch+json" });
}

const asAdmin =
  (api: () => TestServer): Call =>
  (method, path, body, headers) =>
    api().call(method, path, "admin", body, headers);

/** A test for every creation. */
export function testCreations(api: () => TestServer, cases: readonly CreateCase[]): void {
  for (const [index, each] of cases.entries()) {
    const [kind, object, message] = each;
    test(`${kind} ${short(object)}`, async () => {
      const answer = await create(asAdmin(api), index, each);
      assert.equal(answer.status, message === undefined ? 201 : 422, answer.text);
      if (message !== undefined) assert.equal(findings(answer.json.message), message);
    });
  }
}

/** A test for every change of a created object. */
export function testChanges(api: () => TestServer, cases: readonly ChangeCase[]): void {
  for (const [index, each] of cases.entries()) {
    const [kind, object, patch, message] = each;
    test(`${kind} ${short(object)} changed by ${short(patch)}`, async () => {
      const answer = await change(asAdmin(api), index, each);
      assert.equal(answer.status, message === undefined ? 200 : 422, answer.text);
      if (message !== undefined) assert.equal(findings(answer.json.message), message);
    });
  }
}
