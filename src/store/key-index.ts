// Entries in key order, in memory.
import SortedTree from "sorted-btree";
import type { ListOptions } from "./store.ts";
import type { StoredEntry } from "./stored-entry.ts";

type Tree = import("sorted-btree").default<string, StoredEntry>;
const BTree = ((SortedTree as unknown as { default?: unknown }).default ?? SortedTree) as new (
  entries?: undefined,
  compare?: (a: string, b: string) => number,
) => Tree;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** An ordered map from key to entry, with prefix scans. Point reads are hash look-ups. */
export class KeyIndex {
  readonly #byKey = new Map<string, StoredEntry>();
  readonly #ordered: Tree = new BTree(undefined, compare);

  get(key: string): StoredEntry | undefined {
    return this.#byKey.get(key);
  }

  set(entry: StoredEntry): void {
    this.#byKey.set(entry.key, entry);
    this.#ordered.set(entry.key, entry);
  }

  delete(key: string): void {
    this.#byKey.delete(key);
    this.#ordered.delete(key);
  }

  list(prefix: string, { after, limit = Number.POSITIVE_INFINITY }: ListOptions = {}): StoredEntry[] {
    const found: StoredEntry[] = [];
    if (limit <= 0) return found;
    const from = after !== undefined && after > prefix ? after : prefix;
    this.#ordered.forRange(from, endOf(prefix), false, (key, entry) => {
      if (key === after) return;
      found.push(entry);
      return found.length >= limit ? { break: true } : undefined;
    });
    return found;
  }

  count(prefix: string): number {
    return prefix === "" ? this.#byKey.size : this.#ordered.forRange(prefix, endOf(prefix), false);
  }
}

/** The smallest string above every string that begins with `prefix`. */
function endOf(prefix: string): string {
  if (prefix === "") return "\uffff";
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
