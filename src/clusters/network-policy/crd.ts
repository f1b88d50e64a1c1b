// The custom resource PolicyEndpoint, through which the network policy controller tells the nodes' agents (spec vpc-cni §8.1).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { crd } from "../addons/crd.ts";

const text = { type: "string" };
const number = { type: "integer", format: "int32" };
const list = (items: object) => ({ type: "array", items });
const object = (properties: object, required: readonly string[] = []) => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
});

const entries = list(
  object({
    cidr: text,
    domainName: text,
    except: list(text),
    ports: list(object({ protocol: { ...text, default: "TCP" }, port: number, endPort: number })),
  }),
);
const selector = {
  ...object({
    matchLabels: { type: "object", additionalProperties: text },
    matchExpressions: list(object({ key: text, operator: text, values: list(text) }, ["key", "operator"])),
  }),
  "x-kubernetes-map-type": "atomic",
};
const reference = object({ name: text, namespace: text }, ["name", "namespace"]);
const pod = object({ hostIP: text, podIP: text, name: text, namespace: text }, ["hostIP", "podIP", "name", "namespace"]);

const spec = object(
  {
    policyRef: reference,
    podSelector: selector,
    podSelectorEndpoints: list(pod),
    podIsolation: list({ ...text, enum: ["Ingress", "Egress"] }),
    ingress: entries,
    egress: entries,
  },
  ["policyRef"],
);

/** The definition of PolicyEndpoint. */
export const policyEndpointCrd = (): NewObject =>
  crd("policyendpoints", "PolicyEndpoint", "networking.k8s.aws", "v1alpha1", "Namespaced", undefined, spec);
