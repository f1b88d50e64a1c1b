// Python's kubernetes client against the API server: what programs do with it, and an informer that survives restart and compaction.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/base/clock.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { run } from "../support/run.ts";
import { startServer, type TestServer } from "./server-support.ts";

const env = { PATH: process.env.PATH ?? "", PYTHONWARNINGS: "ignore", PYTHONDONTWRITEBYTECODE: "1" };
const program = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const isThere = run("python3", ["-c", "import kubernetes"], { env }).then(
  ({ code }) => code === 0,
  () => false,
);
const skip = (await isThere) ? false : "needs Python's kubernetes client";
const path = "/api/v1/namespaces/default/configmaps";
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });

/** Starts the informer; what it returns waits for a line that it says and returns all lines until then. */
function informer(t: TestContext, server: TestServer): (line: string) => Promise<string[]> {
  const child = spawn("python3", [program("kubernetes-informer.py"), server.kubeconfig], { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (wanted) => {
    const said: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) assert.fail(`the informer ended; ${wanted} was awaited after ${said.join(", ")}`);
      if (value !== "LOST" || said.at(-1) !== "LOST") said.push(value);
      if (value === wanted) return said;
    }
  };
}

test("programs do their work with it", { skip }, async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const { code, stdout, stderr } = await run("python3", [program("kubernetes-client.py"), server.kubeconfig], { env });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    strategy: "RollingUpdate",
    "strategic merge": ["main", "side"],
    "json patch": 3,
    scale: 5,
    pages: [["a", "b"], ["c", "d"], ["e"]],
    token: "system:serviceaccount:default:robot",
    apply: "python",
    "merge patch": 5,
    refused: [
      [404, "NotFound", 'configmaps "nobody" not found'],
      [409, "AlreadyExists", 'configmaps "a" already exists'],
      [
        422,
        "Invalid",
        'Boat.example.com "one" is invalid: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9',
      ],
    ],
    left: [],
  });
});

test("an informer resumes after a restart, and lists again when its revision was compacted", { skip }, async (t) => {
  const store = memoryStore();
  const first = await startServer({ store });
  await first.call("POST", path, "admin", map("a", { a: "1" }));
  const until = informer(t, first);
  assert.deepEqual(await until("LISTED"), ["ADDED a 1", "LISTED"]);
  await first.call("POST", path, "admin", map("b"));
  assert.deepEqual(await until("ADDED b -"), ["ADDED b -"]);

  await first.close();
  await until("LOST");
  const second = await startServer({ store }, systemClock, first);
  await second.call("PUT", `${path}/a`, "admin", map("a", { a: "2" }));
  await second.call("DELETE", `${path}/b`, "admin");
  assert.deepEqual(
    (await until("DELETED b -")).filter((line) => line !== "LOST"),
    ["MODIFIED a 2", "DELETED b -"],
  );

  await second.close();
  await until("LOST");
  // Changed while nobody watches, and forgotten: the server that comes next is asked only then.
  const between = await startServer({ store });
  await between.call("POST", path, "admin", map("c"));
  store.compact(store.revision);
  await between.close();
  const third = await startServer({ store }, systemClock, second);
  t.after(() => third.close());
  assert.deepEqual(
    (await until("LISTED")).filter((line) => line !== "LOST"),
    ["EXPIRED", "ADDED c -", "LISTED"],
  );
});
