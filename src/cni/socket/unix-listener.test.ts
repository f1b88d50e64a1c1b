import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { listenOn } from "./unix-listener.ts";

/** Paths below a directory that goes with the test. */
function place(t: TestContext) {
  const base = mkdtempSync(join(tmpdir(), "atoll-listen-"));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const directory = join(base, "node");
  return { base, directory, path: join(directory, "x.sock") };
}

const nobody = () => {};

test("directory and socket are the owner's, and the socket goes with the listener", async (t) => {
  const { directory, path } = place(t);
  const listener = await listenOn(path, (connection) => connection.end("hello"));
  assert.deepEqual([statSync(directory).mode & 0o777, statSync(path).mode & 0o777], [0o700, 0o660]);
  const connection = connect(path);
  const [text] = await once(connection, "data");
  assert.equal(String(text), "hello");
  connection.destroy();
  await listener.close();
  assert.equal(existsSync(path), false);
});

test("a second listener does not take the socket from the first", async (t) => {
  const { path } = place(t);
  const first = await listenOn(path, nobody);
  await assert.rejects(listenOn(path, nobody), { message: `another process serves ${path}` });
  assert.ok(existsSync(path));
  await first.close();
  const second = await listenOn(path, nobody);
  await second.close();
});

test("one of two that begin at once wins", async (t) => {
  const { path } = place(t);
  const results = await Promise.allSettled([listenOn(path, nobody), listenOn(path, nobody)]);
  const won = results.filter((result) => result.status === "fulfilled");
  assert.equal(won.length, 1);
  for (const { value } of won) await value.close();
});

const REFUSED: Readonly<Record<string, [prepare: (at: ReturnType<typeof place>) => void, message: RegExp]>> = {
  "a file in the socket's place": [
    ({ directory, path }) => {
      mkdirSync(directory);
      writeFileSync(path, "precious");
    },
    /x\.sock is there and is not a socket$/,
  ],
  "a file in the directory's place": [({ directory }) => writeFileSync(directory, ""), /EEXIST|ENOTDIR|not a directory/],
  "a directory to which everybody may write": [
    ({ directory }) => {
      mkdirSync(directory);
      chmodSync(directory, 0o777);
    },
    /everybody may write to .*node$/,
  ],
  "a directory in one to which everybody may write": [({ base }) => chmodSync(base, 0o777), /everybody may write to .*atoll-listen-/],
  "a directory that is another's name for one": [
    ({ base, directory }) => {
      mkdirSync(join(base, "elsewhere"));
      symlinkSync(join(base, "elsewhere"), directory);
    },
    /node is not a directory$/,
  ],
};

for (const [what, [prepare, message]] of Object.entries(REFUSED))
  test(`refuses ${what}`, async (t) => {
    const at = place(t);
    prepare(at);
    await assert.rejects(listenOn(at.path, nobody), message);
    assert.equal(existsSync(at.path) && statSync(at.path).isSocket(), false);
  });

test("everybody's directory will do if it is sticky, as /tmp is", async (t) => {
  const { base, path } = place(t);
  chmodSync(base, 0o1777);
  await (await listenOn(path, nobody)).close();
});

test("refuses a directory of another user", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("needs root, who may be given another user's directory");
  const { directory, path } = place(t);
  mkdirSync(directory);
  const { chownSync } = await import("node:fs");
  chownSync(directory, 65_534, 65_534);
  await assert.rejects(listenOn(path, nobody), /belongs to another user$/);
});
