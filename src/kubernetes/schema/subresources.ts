// Subresources by name: the kind they carry and their verbs.
import type { Subresource, Verb } from "./resource.ts";

const modify: readonly Verb[] = ["get", "patch", "update"];
const connect: readonly Verb[] = ["create", "get"];
const proxy: readonly Verb[] = ["create", "delete", "get", "patch", "update"];

/** The subresource `name` of a kind, as discovery describes it. Throws for a name that no built-in kind has. */
export function subresourceOf(kind: string, name: string): Subresource {
  switch (name) {
    case "status":
    case "approval":
    case "ephemeralcontainers":
    case "resize":
      return { name, kind, verbs: modify };
    case "scale":
      return { name, kind: "Scale", group: "autoscaling", version: "v1", verbs: modify };
    case "finalize":
      return { name, kind, verbs: ["update"] };
    case "log":
      return { name, kind, verbs: ["get"] };
    case "binding":
      return { name, kind: "Binding", verbs: ["create"] };
    case "eviction":
      return { name, kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] };
    case "token":
      return { name, kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"] };
    case "attach":
      return { name, kind: "PodAttachOptions", verbs: connect };
    case "exec":
      return { name, kind: "PodExecOptions", verbs: connect };
    case "portforward":
      return { name, kind: "PodPortForwardOptions", verbs: connect };
    case "proxy":
      return { name, kind: `${kind}ProxyOptions`, verbs: proxy };
    default:
      throw new Error(`no subresource ${name}`);
  }
}
