// The resources a cluster serves: the built-in ones of its Kubernetes version, found by path, by kind or in order.
import { newestMinor } from "./minors.ts";
import { apiVersionOf, type Resource, resourceType, splitApiVersion, type Verb } from "./resource.ts";
import { resourceLines } from "./resources.ts";
import { subresourceOf } from "./subresources.ts";

export { newestMinor, oldestMinor } from "./minors.ts";
export { apiVersionOf, type Resource, resourceType, type Subresource, splitApiVersion, type Verb } from "./resource.ts";

const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

interface Entry {
  readonly resource: Resource;
  readonly from: number;
  readonly to: number;
  readonly subFrom: ReadonlyMap<string, number>;
}

function parse(apiVersion: string, line: string): Entry {
  const [kind, plural, scope, ...words] = line.trim().split(/\s+/) as [string, string, string, ...string[]];
  const options = new Map(
    words.map((word) => {
      const equals = word.indexOf("=");
      return equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
  const list = (name: string) => options.get(name)?.split(",") ?? [];
  const verbs = options.has("verbs") ? (list("verbs") as Verb[]) : allVerbs;
  const subFrom = new Map<string, number>();
  const subresources = list("sub").map((text) => {
    const [name = "", minor] = text.split(">=");
    if (minor) subFrom.set(name, Number(minor));
    return subresourceOf(kind, name);
  });
  const resource: Resource = {
    ...splitApiVersion(apiVersion),
    kind,
    listKind: `${kind}List`,
    plural,
    singular: options.get("singular") ?? kind.toLowerCase(),
    shortNames: list("short"),
    categories: list("cat"),
    namespaced: scope === "ns",
    verbs,
    subresources,
    storage: splitApiVersion(options.get("store") ?? apiVersion),
    virtual: options.has("virtual") || kind === "Binding",
  };
  return { resource, from: Number(options.get("from") ?? 0), to: Number(options.get("to") ?? 1000), subFrom };
}

const entries: readonly Entry[] = Object.entries(resourceLines).flatMap(([apiVersion, text]) =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => parse(apiVersion, line)),
);

function served(entry: Entry, minor: number): Resource | undefined {
  if (minor < entry.from || minor > entry.to) return undefined;
  if (entry.subFrom.size === 0) return entry.resource;
  return { ...entry.resource, subresources: entry.resource.subresources.filter(({ name }) => minor >= (entry.subFrom.get(name) ?? 0)) };
}

/** A set of resources with the look-ups that the router, the mapper and the controllers need. */
export class Registry {
  readonly resources: readonly Resource[];
  readonly #byPath = new Map<string, Resource>();
  readonly #byKind = new Map<string, Resource>();
  readonly #byType = new Map<string, Resource>();

  /** Later resources of the same type (`plural.group`) are other versions of it; the first is the one storage and clients prefer. */
  constructor(resources: readonly Resource[]) {
    this.resources = resources;
    for (const resource of resources) {
      const apiVersion = apiVersionOf(resource);
      this.#byPath.set(`${apiVersion}/${resource.plural}`, resource);
      this.#byKind.set(`${apiVersion}/${resource.kind}`, resource);
      const type = resourceType(resource);
      if (!this.#byType.has(type)) this.#byType.set(type, resource);
    }
  }

  /** By group (""), version and plural. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(group === "" ? `${version}/${plural}` : `${group}/${version}/${plural}`);
  }

  /** By apiVersion and kind. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** By type (`pods`, `deployments.apps`): its preferred version. */
  ofType(type: string): Resource | undefined {
    return this.#byType.get(type);
  }
}

const registries = new Map<number, Registry>();

/**
 * The built-in resources of Kubernetes 1.`minor`: all GA APIs, and the betas that are on by default.
 * Registries are shared between clusters; custom resources are the caller's to add beside them.
 */
export function builtinRegistry(minor: number = newestMinor): Registry {
  let registry = registries.get(minor);
  if (registry === undefined) {
    registry = new Registry(entries.map((entry) => served(entry, minor)).filter((resource) => resource !== undefined));
    registries.set(minor, registry);
  }
  return registry;
}
