// All nodes with their pods, counts of pods by selector, and the pods that keep others away: updated with every change, never rebuilt.
import type { KubeObject } from "../api/object.ts";
import { imagesOf } from "./images.ts";
import { bump, NodeInfo } from "./node-info.ts";
import { OwnerPlaces } from "./owner-places.ts";
import { type PodInfo, podInfo, type Term } from "./pod-info.ts";

const rememberedTerms = 256;

export class ClusterState {
  readonly nodes = new Map<string, NodeInfo>();
  /** Nodes in the order they are tried. */
  list: NodeInfo[] = [];
  /** Pods on nodes that repel others by required anti-affinity. */
  readonly repelling = new Map<string, { info: PodInfo; node: string }>();
  /** How many nodes hold an image, by its name. */
  readonly imageNodes = new Map<string, number>();
  readonly #assigned = new Map<string, { info: PodInfo; node: string }>();
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #places = new OwnerPlaces();
  readonly #counts = new Map<string, { term: Term; perNode: Map<string, number> }>();
  /** Grows with every change that could make a decision different. */
  generation = 0;

  setNode(node: KubeObject): void {
    this.generation++;
    const present = this.nodes.get(node.metadata.name);
    this.#countImages(present?.node, -1);
    this.#countImages(node, 1);
    if (present) {
      if (this.#places.moves(present, node.metadata.labels)) this.#places.forget();
      present.set(node);
      return;
    }
    const info = new NodeInfo(node);
    this.nodes.set(info.name, info);
    this.list.push(info);
    const waiting = this.#homeless.get(info.name);
    this.#homeless.delete(info.name);
    if (waiting?.size) this.#places.forget();
    for (const pod of waiting?.values() ?? []) info.add(pod);
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (!info) return;
    this.generation++;
    this.nodes.delete(name);
    this.#countImages(info.node, -1);
    this.list = this.list.filter((other) => other !== info);
    if (info.pods.size) this.#places.forget();
    if (info.pods.size) this.#homeless.set(name, new Map(info.pods));
  }

  #countImages(node: KubeObject | undefined, by: 1 | -1): void {
    if (node?.status?.images) for (const name of imagesOf(node).keys()) bump(this.imageNodes, name, by);
  }

  /** A pod is on a node, or about to be. */
  assign(pod: KubeObject, node: string): void {
    const { uid } = pod.metadata;
    const present = this.#assigned.get(uid);
    if (present?.info.pod === pod && present.node === node) return;
    if (present) this.unassign(uid);
    this.generation++;
    const info = podInfo(pod);
    this.#assigned.set(uid, { info, node });
    if (info.antiAffinity.length) this.repelling.set(uid, { info, node });
    const home = this.nodes.get(node);
    if (home) {
      home.add(info);
      if (info.owner) this.#places.count(info.owner, home, 1);
    } else {
      const waiting = this.#homeless.get(node) ?? new Map<string, PodInfo>();
      this.#homeless.set(node, waiting.set(uid, info));
    }
    for (const { term, perNode } of this.#counts.values()) if (term.matches(pod)) bump(perNode, node, 1);
  }

  /** A pod is gone or finished. */
  unassign(uid: string): boolean {
    const present = this.#assigned.get(uid);
    if (!present) return false;
    this.generation++;
    const { info, node } = present;
    this.#assigned.delete(uid);
    this.repelling.delete(uid);
    const home = this.nodes.get(node);
    home?.remove(info);
    if (home && info.owner) this.#places.count(info.owner, home, -1);
    this.#homeless.get(node)?.delete(uid);
    for (const { term, perNode } of this.#counts.values()) if (term.matches(info.pod)) bump(perNode, node, -1);
    return true;
  }

  /** Pods on nodes that mount one of these claims. */
  usersOf(namespace: string, claims: readonly string[]): PodInfo[] {
    const mounts = ({ pod, claims: own }: PodInfo) =>
      own.length > 0 && pod.metadata.namespace === namespace && own.some((each) => claims.includes(each));
    return [...this.#assigned.values()].flatMap(({ info }) => (mounts(info) ? [info] : []));
  }

  isAssigned(uid: string): boolean {
    return this.#assigned.has(uid);
  }

  /** Pods of an owner per value of a topology key. */
  placesOf(owner: string, topologyKey: string): ReadonlyMap<string, number> {
    return this.#places.of(owner, topologyKey, this.list);
  }

  /** Pods per node that a term means; counted once and kept current afterwards. */
  counts(term: Term): ReadonlyMap<string, number> {
    const present = this.#counts.get(term.identity);
    if (present) return present.perNode;
    const perNode = new Map<string, number>();
    for (const { info, node } of this.#assigned.values()) if (term.matches(info.pod)) bump(perNode, node, 1);
    this.#counts.set(term.identity, { term, perNode });
    if (this.#counts.size > rememberedTerms) this.#counts.delete(this.#counts.keys().next().value!);
    return perNode;
  }

  /** Pods per value of the term's topology key. */
  domains(term: Term): Map<string, number> {
    const domains = new Map<string, number>();
    for (const [name, count] of this.counts(term)) {
      const value = this.nodes.get(name)?.label(term.topologyKey);
      if (value !== undefined) bump(domains, value, count);
    }
    return domains;
  }
}
