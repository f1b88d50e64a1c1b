// Which Services get Auto Mode's class, and when.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdmissionRequest } from "../../kubernetes/admission/types.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { loadBalancingWebhook } from "./webhook.ts";

const AUTO = "eks.amazonaws.com/nlb";

async function classOf(spec: object, more: Partial<AdmissionRequest> & { old?: object; isOn?: boolean } = {}): Promise<string | undefined> {
  const { old, isOn = true, ...rest } = more;
  const object = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ...spec } as { loadBalancerClass?: string } };
  const request = {
    ...{ operation: old ? "UPDATE" : "CREATE", group: "", version: "v1", kind: "Service", resource: "services", subresource: "" },
    ...{ namespace: "default", name: "web", dryRun: false, user: { username: "u", groups: [] }, object },
    oldObject: old ? ({ spec: old } as KubeObject) : undefined,
    ...rest,
  } as AdmissionRequest;
  await loadBalancingWebhook(() => isOn).mutate!(request);
  return object.spec.loadBalancerClass;
}

const balanced = { type: "LoadBalancer" };
const cases: readonly (readonly [name: string, got: Promise<string | undefined>, expected: string | undefined])[] = [
  ["a new load balancer", classOf(balanced), AUTO],
  ["another type", classOf({ type: "NodePort" }), undefined],
  ["a class of one's own", classOf({ ...balanced, loadBalancerClass: "example.com/lb" }), "example.com/lb"],
  ["without Auto Mode", classOf(balanced, { isOn: false }), undefined],
  ["one that becomes a load balancer", classOf(balanced, { old: { type: "ClusterIP" } }), AUTO],
  ["one that was a load balancer without class", classOf(balanced, { old: balanced }), undefined],
  ["its status", classOf(balanced, { subresource: "status" }), undefined],
  ["a kind of the same name elsewhere", classOf(balanced, { group: "serving.knative.dev" }), undefined],
];
for (const [name, got, expected] of cases) test(name, async () => assert.equal(await got, expected));
