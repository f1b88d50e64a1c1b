// One suite for every store: what they promise in store.ts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Collection } from "../../src/store/collection.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sqliteStore } from "../../src/store/sqlite.ts";
import { CompactedError, type Store, StoreClosedError, type StoreEvent } from "../../src/store/store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);
const keys = (store: Store, prefix: string, options?: { after?: string; limit?: number }) =>
  store.list(prefix, options).map((entry) => entry.key);

const kinds: Record<string, (directory: string) => Store> = {
  memory: () => memoryStore(),
  sqlite: (directory) => sqliteStore(join(directory, "store.db")),
};

for (const [kind, open] of Object.entries(kinds)) {
  describe(`${kind} store`, () => {
    const withStore = (name: string, run: (store: Store) => Promise<void> | void) =>
      test(name, async () => {
        const directory = mkdtempSync(join(tmpdir(), "atoll-store-"));
        const store = open(directory);
        try {
          await run(store);
        } finally {
          await store.close();
          rmSync(directory, { recursive: true, force: true });
        }
      });

    withStore("keeps the last value, its revision and the revision that made it", (store) => {
      const first = store.transact((tx) => tx.put("a/1", bytes("x")));
      const second = store.transact((tx) => tx.put("a/1", bytes("y")));
      const entry = store.get("a/1");
      assert.equal(text(entry?.value), "y");
      assert.equal(entry?.revision, second);
      assert.equal(entry?.createRevision, first);
      assert.ok(second > first);
      assert.equal(store.get("a/2"), undefined);
    });

    withStore("tells how entries were before they changed", async (store) => {
      store.transact((tx) => {
        for (const key of ["a/1", "a/2", "b/1"]) tx.put(key, bytes(`${key} old`));
      });
      await store.flushed();
      const { revision } = store;
      store.transact((tx) => tx.put("a/1", bytes("newer")));
      await store.flushed();
      store.transact((tx) => {
        tx.put("a/1", bytes("newest"));
        tx.delete("a/2");
        tx.put("a/3", bytes("born"));
        tx.put("b/1", bytes("elsewhere"));
      });
      const before = store.changedSince("a/", revision);
      assert.deepEqual(
        [...before].map(([key, entry]) => [key, text(entry?.value)]),
        [
          ["a/1", "a/1 old"],
          ["a/2", "a/2 old"],
          ["a/3", undefined],
        ],
      );
      assert.equal(store.changedSince("a/", store.revision).size, 0);
      await store.flushed();
      store.compact(store.revision);
      assert.throws(() => store.changedSince("a/", revision), CompactedError);
    });

    withStore("lists a prefix in key order, after a key and up to a limit", (store) => {
      store.transact((tx) => {
        for (const key of ["b/1", "a/3", "a/1", "a0", "a/2", "a"]) tx.put(key, bytes(key));
      });
      assert.deepEqual(keys(store, "a/"), ["a/1", "a/2", "a/3"]);
      assert.deepEqual(keys(store, "a/", { after: "a/1" }), ["a/2", "a/3"]);
      assert.deepEqual(keys(store, "a/", { after: "a/1", limit: 1 }), ["a/2"]);
      assert.deepEqual(keys(store, "a/", { limit: 0 }), []);
      assert.deepEqual(keys(store, ""), ["a", "a/1", "a/2", "a/3", "a0", "b/1"]);
      assert.equal(store.count("a/"), 3);
      assert.equal(store.count(""), 6);
    });

    withStore("applies a transaction whole or not at all, nested ones included", (store) => {
      store.transact((tx) => tx.put("k", bytes("old")));
      const revision = store.revision;
      assert.throws(
        () =>
          store.transact((tx) => {
            tx.put("k", bytes("new"));
            tx.delete("k");
            tx.put("other", bytes("1"));
            throw new Error("no");
          }),
        /no/,
      );
      assert.equal(text(store.get("k")?.value), "old");
      assert.equal(store.get("other"), undefined);
      assert.equal(store.revision, revision);
      store.transact((tx) => {
        tx.put("outer", bytes("1"));
        assert.throws(() =>
          store.transact((inner) => {
            inner.put("inner", bytes("1"));
            throw new Error("inner");
          }),
        );
      });
      assert.ok(store.get("outer"));
      assert.equal(store.get("inner"), undefined);
    });

    withStore("refuses a transaction used after it ended", (store) => {
      let leaked: { put(key: string, value: Uint8Array): number } | undefined;
      store.transact((tx) => {
        leaked = tx;
      });
      assert.throws(() => leaked?.put("x", bytes("1")), /after it ended/);
    });

    withStore("shows a watcher a change only once it is durable, in order, filtered by prefix", async (store) => {
      const seen: string[] = [];
      store.watch("a/", 0, (events) => {
        for (const event of events) seen.push(`${event.type} ${event.type === "put" ? event.entry.key : event.key}`);
      });
      store.transact((tx) => {
        tx.put("a/1", bytes("1"));
        tx.put("b/1", bytes("1"));
        tx.delete("a/1");
      });
      assert.deepEqual(seen, []);
      await store.flushed();
      assert.deepEqual(seen, ["put a/1", "delete a/1"]);
    });

    withStore("replays the past after a revision, gives the previous entry, stops after close", async (store) => {
      const first = store.transact((tx) => tx.put("a", bytes("1")));
      store.transact((tx) => tx.put("a", bytes("2")));
      await store.flushed();
      const seen: StoreEvent[] = [];
      const subscription = store.watch("", first, (events) => seen.push(...events));
      assert.equal(seen.length, 1);
      assert.equal(text(seen[0]?.previous?.value), "1");
      subscription.close();
      store.transact((tx) => tx.delete("a"));
      await store.flushed();
      assert.equal(seen.length, 1);
    });

    withStore("does not show a watcher writes that were pending below its revision", async (store) => {
      store.transact((tx) => tx.put("a", bytes("1")));
      const seen: StoreEvent[] = [];
      store.watch("", store.revision, (events) => seen.push(...events));
      await store.flushed();
      assert.equal(seen.length, 0);
    });

    withStore("reports compaction", async (store) => {
      const first = store.transact((tx) => tx.put("a", bytes("1")));
      const second = store.transact((tx) => tx.put("b", bytes("1")));
      await store.flushed();
      store.compact(first);
      assert.throws(() => store.watch("", 0, () => {}), CompactedError);
      let replayed = 0;
      store.watch("", first, (events) => {
        replayed += events.length;
      });
      assert.equal(replayed, 1);
      assert.equal(store.compactedRevision, first);
      assert.ok(second > store.compactedRevision);
      assert.equal(text(store.get("a")?.value), "1");
    });

    withStore("refuses writes after close", async (store) => {
      await store.close();
      assert.throws(() => store.transact(() => {}), StoreClosedError);
    });

    withStore("agrees with a plain map under random operations", (store) => {
      const operation = fc.tuple(fc.constantFrom("put", "delete", "abort"), fc.stringMatching(/^[ab]\/[0-9]$/), fc.string());
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
          const model = new Map(store.list("").map((entry) => [entry.key, text(entry.value)]));
          for (const [action, key, value] of operations) {
            if (action === "abort") {
              assert.throws(() =>
                store.transact((tx) => {
                  tx.put(key, bytes(value));
                  tx.delete("a/1");
                  throw new Error("abort");
                }),
              );
            } else if (action === "put") {
              store.transact((tx) => tx.put(key, bytes(value)));
              model.set(key, value);
            } else {
              assert.equal(
                store.transact((tx) => tx.delete(key)),
                model.delete(key),
              );
            }
          }
          assert.deepEqual(
            store.list("").map((entry) => [entry.key, text(entry.value)]),
            [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
          );
        }),
        { numRuns: 50 },
      );
    });

    withStore("holds typed records", async (store) => {
      const pets = new Collection<{ name: string }>(store, "pets");
      const seen: (string | undefined)[] = [];
      pets.watch((event) => seen.push(event.record?.name), "zoo/");
      pets.put("zoo/1", { name: "ant" });
      pets.put("home/1", { name: "cat" });
      pets.update("zoo/1", (pet) => ({ name: `${pet.name}eater` }));
      assert.equal(
        pets.update("zoo/9", (pet) => pet),
        undefined,
      );
      assert.deepEqual(pets.list(), [{ name: "cat" }, { name: "anteater" }]);
      assert.deepEqual(pets.entries("zoo/"), [["zoo/1", { name: "anteater" }]]);
      assert.equal(pets.delete("zoo/1"), true);
      await store.flushed();
      assert.deepEqual(seen, ["ant", "anteater", undefined]);
    });
  });
}
