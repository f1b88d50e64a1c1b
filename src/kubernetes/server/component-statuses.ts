// ComponentStatus: the parts of the control plane, which run in this process and are well while it answers.
import type { KubeObject } from "../api/object.ts";
import { notFound } from "../api/status.ts";
import type { ServerContext, Target } from "./context.ts";
import { filterOf, selects } from "./read.ts";
import type { ResourceInfo } from "./resource.ts";

const components = ["controller-manager", "etcd-0", "scheduler"];

const statusOf = (name: string): KubeObject => ({
  kind: "ComponentStatus",
  apiVersion: "v1",
  metadata: { name } as KubeObject["metadata"],
  conditions: [{ type: "Healthy", status: "True", message: "ok" }],
});

/** One component. Throws 404. */
export function readComponent(_context: ServerContext, { resource, name }: Target): KubeObject {
  if (!components.includes(name)) throw notFound(resource, name);
  return statusOf(name);
}

/** The selected components. Throws 400 for bad selectors. */
export function listComponents(_context: ServerContext, resource: ResourceInfo, _namespace: string, query: URLSearchParams): KubeObject[] {
  const filter = filterOf(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
  return components.map(statusOf).filter((each) => selects(filter, each));
}
