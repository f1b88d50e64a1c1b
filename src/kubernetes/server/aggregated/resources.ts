// What APIServices add to the API: the resource metrics of a metrics-server, and the knowledge that others are served elsewhere.
import type { KubeObject } from "../../api/object.ts";
import { failure } from "../../api/status.ts";
import { anyType } from "../../api/type-node.ts";
import { isTrue } from "../../runtime/conditions.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import type { ResourceInfo } from "../resource.ts";

/** Where APIServices are kept. */
export const apiServices = { group: "apiregistration.k8s.io", plural: "apiservices" };

/** The APIService of a metrics-server. */
export const METRICS_API_SERVICE = "v1beta1.metrics.k8s.io";

const group = "metrics.k8s.io";
const version = "v1beta1";

function metricsResource(kind: string, plural: "nodes" | "pods", namespaced: boolean): ResourceInfo {
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural,
    // metrics-server names no singular of its own.
    singular: "",
    shortNames: [],
    categories: [],
    namespaced,
    verbs: ["get", "list"],
    subresources: [],
    storage: { group, version },
    virtual: true,
    kept: { group, plural },
    type: () => anyType,
    applyDefaults() {},
    findings: () => ({ unknown: [] }),
    metrics: plural,
  };
}

const metrics: readonly ResourceInfo[] = [metricsResource("NodeMetrics", "nodes", false), metricsResource("PodMetrics", "pods", true)];

/** The resources that an APIService brings; none while it is not available, and none of servers this process does not stand for. */
export function aggregatedResources(service: KubeObject): readonly ResourceInfo[] {
  const available = service.spec?.service && isTrue(service.status?.conditions, "Available");
  return available && service.metadata.name === METRICS_API_SERVICE ? metrics : [];
}

/** Throws 503 for a group and version that an APIService says is served elsewhere. */
export function refuseRemote(objects: ObjectStorage, asked: { readonly group: string; readonly version: string }): void {
  const name = `${asked.version}.${asked.group}`;
  if (!objects.get(apiServices, "", name)?.spec?.service) return;
  throw failure(503, "ServiceUnavailable", `the server is currently unable to handle the request: APIService ${name} is not available`);
}
