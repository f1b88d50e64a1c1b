// What a URL asks for: a resource request with its verb, or a plain path.
import { parseFieldSelector } from "../../api/field-selector.ts";
import type { Attributes, UserInfo } from "../../auth/types.ts";

/** The request line taken apart (Kubernetes documentation, "API concepts: resource URIs"). */
export interface RequestInfo {
  /** Path without query, decoded segments joined again only where names allow it. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Resource verb, or the lower-case method for plain paths. */
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** The name authorizers judge: that of the path, or the one a field selector pins. */
  readonly judgedName: string;
  readonly subresource: string;
  /** What follows the subresource, for proxies. */
  readonly rest: string;
  readonly watch: boolean;
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};
const isTrue = (value: string | null) => value !== null && value !== "false" && value !== "0";

/** Parses method and URL. Returns undefined for a URL that is malformed. */
export function parseRequest(method: string, url: string): RequestInfo | undefined {
  const cut = url.indexOf("?");
  const path = cut < 0 ? url : url.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : url.slice(cut + 1));
  let parts: string[];
  try {
    parts = path
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const plain = {
    path,
    query,
    verb: method.toLowerCase(),
    isResource: false,
    group: "",
    version: "",
    resource: "",
    namespace: "",
    name: "",
    judgedName: "",
    subresource: "",
    rest: "",
    watch: false,
  };
  const core = parts[0] === "api";
  if (!core && parts[0] !== "apis") return plain;
  const head = core ? 2 : 3;
  if (parts.length <= head) return plain;
  const group = core ? "" : (parts[1] as string);
  const version = parts[head - 1] as string;
  let rest = parts.slice(head);
  const legacyWatch = rest[0] === "watch" && rest.length > 1;
  if (legacyWatch) rest = rest.slice(1);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2 && !(core && ["status", "finalize"].includes(rest[2] as string))) {
    namespace = rest[1] as string;
    rest = rest.slice(2);
  }
  const [resource = "", name = "", subresource = "", ...more] = rest;
  // A slash smuggled into a name as %2F would reach another object's key.
  if ([namespace, resource, name, subresource].some((part) => part.includes("/"))) return undefined;
  const watch = method === "GET" && (legacyWatch || isTrue(query.get("watch")));
  let verb = verbs[method] ?? method.toLowerCase();
  if (verb === "get" && watch && !subresource) verb = "watch";
  else if (verb === "get" && name === "") verb = "list";
  else if (verb === "delete" && name === "") verb = "deletecollection";
  return {
    path,
    query,
    verb,
    isResource: true,
    group,
    version,
    resource,
    namespace,
    name,
    judgedName: name || pinnedName(verb, query),
    subresource,
    rest: more.join("/"),
    watch: verb === "watch",
  };
}

function pinnedName(verb: string, query: URLSearchParams): string {
  if (verb !== "list" && verb !== "watch" && verb !== "deletecollection") return "";
  try {
    // Parsed exactly as the listing will parse it: a name that only looks pinned must not pass for one.
    return (
      parseFieldSelector(query.get("fieldSelector") ?? "").find(({ field, negated }) => field === "metadata.name" && !negated)?.value ?? ""
    );
  } catch {
    return "";
  }
}

/** The request as authorizers see it. */
export function requestAttributes(user: UserInfo, info: RequestInfo): Attributes {
  if (!info.isResource) {
    return { user, verb: info.verb, path: info.path, group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
  }
  const { verb, group, version, resource, subresource, judgedName } = info;
  // A namespace belongs to itself, so that its own administrators may read it.
  const namespace = group === "" && resource === "namespaces" ? judgedName : info.namespace;
  return { user, verb, group, version, resource, subresource, namespace, name: judgedName };
}
