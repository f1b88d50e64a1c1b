// The pods bound to each node, found without reading all pods.
import type { KubeObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";

const pods = { group: "", plural: "pods" };
/** Bindings noted before names of pods long gone are dropped, beyond twice the pods there were. */
const SLACK = 10_000;

/**
 * Notes for every write of a pod which node it is bound to; reading looks each noted pod up again. So an answer is what the storage says at
 * that moment, whatever was deleted or rolled back since.
 */
export class PodsByNode {
  readonly #objects: ObjectStorage;
  readonly #noted = new Map<string, Map<string, { readonly namespace: string; readonly name: string }>>();
  #room = -1;

  constructor(objects: ObjectStorage) {
    this.#objects = objects;
    objects.onPut(pods, (pod) => this.#note(pod));
  }

  /** Whether a pod that is bound to a node now passes a test; most questions are answered by the first pod. */
  some(node: string, test: (pod: KubeObject) => boolean): boolean {
    if (this.#room < 0) this.#readAll();
    const noted = this.#noted.get(node);
    if (!noted) return false;
    for (const [key, { namespace, name }] of noted) {
      const pod = this.#objects.get(pods, namespace, name);
      if (pod?.spec?.nodeName !== node) noted.delete(key);
      else if (test(pod)) return true;
    }
    return false;
  }

  #note({ metadata, spec }: KubeObject): void {
    const node: string | undefined = spec?.nodeName;
    if (!node || this.#room < 0) return;
    const { namespace = "", name } = metadata;
    const key = `${namespace}/${name}`;
    const noted = this.#noted.get(node) ?? new Map();
    if (noted.has(key)) return;
    this.#noted.set(node, noted.set(key, { namespace, name }));
    this.#room--;
  }

  #readAll(): void {
    this.#noted.clear();
    const all = this.#objects.list(pods);
    this.#room = 3 * all.length + SLACK;
    for (const pod of all) this.#note(pod);
  }
}
