// All resources a server serves now: the built-in table, the established CustomResourceDefinitions and what APIServices bring.
import type { KubeObject, ResourceType } from "../api/object.ts";
import { apiVersionOf } from "../schema/resource.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { apiServices } from "./aggregated/resources.ts";
import type { ResourceInfo } from "./resource.ts";

/** Makes resources of the objects that add to the API. */
export interface ResourceSources {
  fromDefinition(definition: KubeObject): readonly ResourceInfo[];
  fromService(service: KubeObject): readonly ResourceInfo[];
}

const definitions = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };

/** Finds resources. Custom ones are read from storage again whenever a definition changed. */
export class Catalog {
  readonly #builtIn: readonly ResourceInfo[];
  readonly #objects: ObjectStorage;
  readonly #sources: ResourceSources;
  readonly #cache = new Map<string, { version: string; resources: readonly ResourceInfo[] }>();
  #indexed = -1;
  #all: readonly ResourceInfo[] = [];
  #byPath = new Map<string, ResourceInfo>();
  #byKind = new Map<string, ResourceInfo>();
  #byType = new Map<string, ResourceInfo>();

  constructor(builtIn: readonly ResourceInfo[], objects: ObjectStorage, sources: ResourceSources) {
    this.#builtIn = builtIn;
    this.#objects = objects;
    this.#sources = sources;
  }

  /** Changes with what is served; for caches of discovery and OpenAPI documents. */
  get generation(): number {
    return this.#objects.changes(definitions) + this.#objects.changes(apiServices);
  }

  /** Every resource in every served version. */
  all(): readonly ResourceInfo[] {
    this.#refresh();
    return this.#all;
  }

  /** By URL parts. */
  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    this.#refresh();
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** By what an object says of itself. */
  kind(apiVersion: string, kind: string): ResourceInfo | undefined {
    this.#refresh();
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** By `deployments.apps`, in the version it is kept in. */
  type(type: ResourceType): ResourceInfo | undefined {
    this.#refresh();
    return this.#byType.get(type);
  }

  /** Whether any version of the group is served. */
  hasGroup(group: string, version?: string): boolean {
    return this.all().some((each) => each.group === group && (version === undefined || each.version === version));
  }

  #refresh(): void {
    const generation = this.generation;
    if (this.#indexed === generation) return;
    this.#indexed = generation;
    const custom: ResourceInfo[] = [];
    const names = new Set<string>();
    for (const definition of this.#objects.list(definitions)) {
      const { name, resourceVersion } = definition.metadata;
      names.add(name);
      let cached = this.#cache.get(name);
      if (cached?.version !== resourceVersion) {
        cached = { version: resourceVersion, resources: this.#sources.fromDefinition(definition) };
        this.#cache.set(name, cached);
      }
      custom.push(...cached.resources);
    }
    for (const name of this.#cache.keys()) if (!names.has(name)) this.#cache.delete(name);
    for (const service of this.#objects.list(apiServices)) custom.push(...this.#sources.fromService(service));
    this.#all = [...this.#builtIn, ...custom];
    this.#byPath = new Map(this.#all.map((each) => [`${each.group}/${each.version}/${each.plural}`, each]));
    this.#byKind = new Map(this.#all.map((each) => [`${apiVersionOf(each)}/${each.kind}`, each]));
    this.#byType = new Map();
    for (const each of this.#all) {
      const type = each.group ? `${each.plural}.${each.group}` : each.plural;
      if (!this.#byType.has(type) || each.version === each.storage.version) this.#byType.set(type, each);
    }
  }
}
