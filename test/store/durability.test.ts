// What SQLite keeps when the process is killed, and what happens when the disk refuses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LogStore } from "../../src/store/log-store.ts";
import { sqliteStore } from "../../src/store/sqlite.ts";
import { type Entry, type Store, StoreClosedError, type StoreEvent } from "../../src/store/store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("everything acknowledged before kill -9 is there afterwards, and no revision is used twice", async () => {
  const directory = mkdtempSync(join(tmpdir(), "atoll-store-"));
  const path = join(directory, "store.db");
  const writer = `
    import { sqliteStore } from ${JSON.stringify(new URL("../../src/store/sqlite.ts", import.meta.url).href)};
    const store = sqliteStore(process.argv[1]);
    for (let i = 0; ; i++) {
      store.transact((tx) => { tx.put("key/" + i, new TextEncoder().encode(String(i))); tx.put("last", new TextEncoder().encode(String(i))); });
      await store.flushed();
      process.stdout.write(i + " " + store.revision + "\\n");
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", writer, path], { stdio: ["ignore", "pipe", "inherit"] });
  let acknowledged = "";
  child.stdout.on("data", (chunk) => {
    acknowledged += chunk;
    if (acknowledged.split("\n").length > 300) child.kill("SIGKILL");
  });
  await once(child, "close");
  const [last = "0", revision = "0"] = acknowledged.slice(0, acknowledged.lastIndexOf("\n")).split("\n").at(-1)?.split(" ") ?? [];
  const store = sqliteStore(path);
  try {
    for (let i = 0; i <= Number(last); i++) assert.ok(store.get(`key/${i}`), `key/${i} was acknowledged and lost`);
    const newest = Number(new TextDecoder().decode(store.get("last")?.value));
    assert.equal(store.count("key/"), newest + 1, "a transaction was half-applied");
    assert.ok(store.revision > Number(revision));
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a clean restart continues with the same revision, and late watchers must list again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "atoll-store-"));
  const path = join(directory, "store.db");
  const first = sqliteStore(path);
  first.transact((tx) => tx.put("a", bytes("1")));
  await first.close();
  const second = sqliteStore(path);
  try {
    assert.equal(second.revision, 1);
    assert.equal(second.get("a")?.createRevision, 1);
    assert.throws(() => second.watch("", 0, () => {}), { compactedRevision: 1 });
  } finally {
    await second.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("values that left the history are read from disk; those an event shows stay as they were", async () => {
  const directory = mkdtempSync(join(tmpdir(), "atoll-store-"));
  const path = join(directory, "store.db");
  const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);
  const write = (store: Store, key: string, value: string) => {
    store.transact((tx) => tx.put(key, bytes(value)));
    return store.flushed();
  };
  const store = sqliteStore(path, { historyLimit: 4 });
  for (let i = 0; i < 20; i++) await write(store, `key/${i}`, `first ${i}`);
  assert.ok(store.compactedRevision > 10);
  for (let i = 0; i < 20; i++) assert.equal(text(store.get(`key/${i}`)?.value), `first ${i}`);
  const shown: (string | undefined)[] = [];
  const held = store.get("key/0");
  store.watch("key/", store.revision, (events) => {
    for (const event of events) shown.push(text(event.previous?.value), event.type === "put" ? text(event.entry.value) : "gone");
  });
  await write(store, "key/0", "second 0");
  assert.throws(() =>
    store.transact((tx) => {
      tx.put("key/1", bytes("never"));
      throw new Error("undone");
    }),
  );
  store.transact((tx) => tx.delete("key/2"));
  await store.flushed();
  assert.deepEqual(shown, ["first 0", "second 0", "first 2", "gone"]);
  assert.equal(text(held?.value), "first 0", "who holds an entry sees the value it had");
  assert.equal(text(store.get("key/1")?.value), "first 1");
  await store.close();
  const again = sqliteStore(path);
  try {
    assert.equal(text(again.get("key/0")?.value), "second 0");
    assert.equal(again.get("key/2"), undefined);
    await write(again, "key/3", "second 3");
    assert.equal(text(again.get("key/3")?.value), "second 3");
  } finally {
    await again.close();
    rmSync(directory, { recursive: true, force: true });
  }
  assert.throws(() => again.get("key/4")?.value, StoreClosedError);
});

test("a store file has one owner", () => {
  const directory = mkdtempSync(join(tmpdir(), "atoll-store-"));
  const path = join(directory, "store.db");
  const first = sqliteStore(path);
  try {
    assert.throws(() => sqliteStore(path), /locked/);
  } finally {
    void first.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a write the disk refuses is not acknowledged, not shown, and caught up with later", async () => {
  let full = true;
  const written = new Map<string, Entry | undefined>();
  const store = new LogStore({
    load: () => ({ revision: 0, entries: [] }),
    commit(changes) {
      if (full) throw new Error("disk full");
      for (const [key, entry] of changes) written.set(key, entry);
    },
    close() {},
  });
  const seen: StoreEvent[] = [];
  store.watch("", 0, (events) => seen.push(...events));
  store.transact((tx) => tx.put("a", bytes("1")));
  await assert.rejects(store.flushed(), /disk full/);
  assert.equal(seen.length, 0);
  full = false;
  store.transact((tx) => tx.put("b", bytes("1")));
  await store.flushed();
  assert.deepEqual([...written.keys()], ["a", "b"]);
  assert.equal(seen.length, 2);
});

test("a watcher that throws harms neither the write nor other watchers", async () => {
  const errors: unknown[] = [];
  const store = new LogStore(
    { load: () => ({ revision: 0, entries: [] }), commit() {}, close() {} },
    { onError: (error) => errors.push(error) },
  );
  let seen = 0;
  store.watch("", 0, () => {
    throw new Error("bad watcher");
  });
  store.watch("", 0, () => seen++);
  store.transact((tx) => tx.put("a", bytes("1")));
  await store.flushed();
  assert.equal(seen, 1);
  assert.equal(errors.length, 1);
});
