// Where the pods of an owner are, by a topology: counted once over all nodes and kept current pod by pod.
import { bump, type NodeInfo } from "./node-info.ts";

const rememberedOwners = 1024;

/** Counts of pods per value of a topology key, for the owners asked for lately. */
export class OwnerPlaces {
  /** By topology key, then owner. */
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();

  /** Pods of `owner` per value of `topologyKey`; `nodes` are all there are. */
  of(owner: string, topologyKey: string, nodes: readonly NodeInfo[]): ReadonlyMap<string, number> {
    const owners = this.#counts.get(topologyKey) ?? new Map<string, Map<string, number>>();
    this.#counts.set(topologyKey, owners);
    const present = owners.get(owner);
    if (present) return present;
    const places = new Map<string, number>();
    for (const node of nodes) {
      const count = node.owners.get(owner);
      const place = count ? node.label(topologyKey) : undefined;
      if (count && place !== undefined) bump(places, place, count);
    }
    owners.set(owner, places);
    if (owners.size > rememberedOwners) owners.delete(owners.keys().next().value!);
    return places;
  }

  /** A pod of `owner` came to a node (1) or went (-1). */
  count(owner: string, node: NodeInfo, by: 1 | -1): void {
    for (const [topologyKey, owners] of this.#counts) {
      const places = owners.get(owner);
      const place = places && node.label(topologyKey);
      if (places && place !== undefined) bump(places, place, by);
    }
  }

  /** Whether a node's other labels put it elsewhere. */
  moves(node: NodeInfo, labels: Readonly<Record<string, string>> | undefined): boolean {
    for (const topologyKey of this.#counts.keys()) if (node.label(topologyKey) !== labels?.[topologyKey]) return true;
    return false;
  }

  /** Counts anew from here on: nodes with pods came, went or moved. */
  forget(): void {
    this.#counts.clear();
  }
}
