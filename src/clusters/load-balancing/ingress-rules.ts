// Rules of an ingress as rules of a listener: exact paths first, then prefixes, the longest first.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { Annotations } from "./annotations.ts";
import { type Backends, backendAction, type IngressBackend } from "./ingress-backends.ts";
import { ModelError, type RuleModel } from "./model.ts";

interface IngressPath {
  readonly path?: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: IngressBackend;
}

const RANKS = { Exact: 0, Prefix: 1, ImplementationSpecific: 2 } as const;

/** Rules in order of priority. Throws ModelError. */
export function rulesOf(ingress: KubeObject, own: Annotations, backends: Backends): RuleModel[] {
  return (ingress.spec.rules ?? []).flatMap(({ host, http }: { host?: string; http?: { paths: IngressPath[] } }) =>
    sorted(http?.paths ?? []).map((path): RuleModel => {
      const patterns = patternsOf(path);
      // A rule must have a condition.
      const paths = patterns.length === 0 && !host ? ["/*"] : patterns;
      return { ...(host ? { host } : {}), paths, action: backendAction(path.backend, ingress, own, backends) };
    }),
  );
}

function sorted(paths: readonly IngressPath[]): IngressPath[] {
  const length = ({ pathType, path = "" }: IngressPath) => (pathType === "Prefix" ? path.length : 0);
  return [...paths].sort((a, b) => RANKS[a.pathType] - RANKS[b.pathType] || length(b) - length(a));
}

/** Path patterns of Elastic Load Balancing. Throws ModelError. */
function patternsOf({ path = "", pathType }: IngressPath): string[] {
  if (path === "") return [];
  if (pathType === "ImplementationSpecific") return [path];
  if (/[*?]/.test(path)) throw new ModelError(`${pathType === "Exact" ? "exact" : "prefix"} path shouldn't contain wildcards: ${path}`);
  if (pathType === "Exact") return [path];
  if (path === "/") return ["/*"];
  const bare = path.replace(/\/$/, "");
  return [bare, `${bare}/*`];
}
