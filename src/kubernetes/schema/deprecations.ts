// Built-in APIs that a version of Kubernetes serves and a later one does not (Kubernetes documentation, "Deprecated API Migration Guide").
import { apiVersionOf, builtinRegistry, newestMinor, oldestMinor, type Resource } from "./registry.ts";

/** An API on its way out. Versions are minors of Kubernetes 1. */
export interface Deprecation {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** First minor without it. */
  readonly removedIn: number;
  /** Group and version to use instead. */
  readonly replacement: { readonly group: string; readonly version: string };
  /** First minor, of those known, that serves the replacement. */
  readonly replacedIn: number;
}

const serves = (minor: number, { group, version, plural }: Pick<Resource, "group" | "version" | "plural">) =>
  builtinRegistry(minor).resources.some((each) => each.group === group && each.version === version && each.plural === plural);

const minors = Array.from({ length: newestMinor - oldestMinor + 1 }, (_, index) => oldestMinor + index);
const cache = new Map<number, ReadonlyMap<string, Deprecation>>();

const nameOf = ({ group, version, plural }: Pick<Resource, "group" | "version" | "plural">) => `${group}/${version}/${plural}`;

/** The deprecated APIs of Kubernetes 1.`minor`, by `group/version/plural`. */
export function deprecations(minor: number): ReadonlyMap<string, Deprecation> {
  const nearest = Math.min(newestMinor, Math.max(oldestMinor, minor));
  let found = cache.get(nearest);
  if (!found) {
    found = new Map(builtinRegistry(nearest).resources.flatMap((resource) => entryOf(resource, nearest)));
    cache.set(nearest, found);
  }
  return found;
}

function entryOf(resource: Resource, minor: number): [string, Deprecation][] {
  const removedIn = minors.find((later) => later > minor && !serves(later, resource));
  if (removedIn === undefined) return [];
  const { group, version, plural, kind, storage: replacement } = resource;
  const replacedIn = minors.find((each) => serves(each, { ...replacement, plural })) ?? removedIn;
  return [[nameOf(resource), { group, version, plural, kind, removedIn, replacement, replacedIn }]];
}

/** The deprecation of one resource of Kubernetes 1.`minor`; undefined if it stays. */
export const deprecationOf = (minor: number, resource: Pick<Resource, "group" | "version" | "plural">): Deprecation | undefined =>
  deprecations(minor).get(nameOf(resource));

/** The warning that the API server gives to who uses it. */
export function deprecationWarning(deprecation: Deprecation): string {
  const { kind, replacement, replacedIn, removedIn } = deprecation;
  const [old, young] = [deprecation, replacement].map(apiVersionOf);
  return `${old} ${kind} is deprecated in v1.${replacedIn}+, unavailable in v1.${removedIn}+; use ${young} ${kind}`;
}

/** APIs that are deprecated and stay: since which minor, and what to use instead. */
const lasting: Readonly<Record<string, { readonly since: number; readonly text: string }>> = {
  "/v1/componentstatuses": { since: 19, text: "v1 ComponentStatus is deprecated in v1.19+" },
  "/v1/endpoints": { since: 33, text: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice" },
};

/** The warning to who uses an API that is deprecated without an end in sight; undefined for others. */
export function lastingDeprecation(minor: number, resource: Pick<Resource, "group" | "version" | "plural">): string | undefined {
  const found = lasting[nameOf(resource)];
  return found && minor >= found.since ? found.text : undefined;
}
