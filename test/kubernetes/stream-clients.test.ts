// Streams by @kubernetes/client-node and by bare WebSockets: channels, half-close, resize, rights, bad frames, clients that go away.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { Attach, Exec, KubeConfig, PortForward, type V1Status } from "@kubernetes/client-node";
import fc from "fast-check";
import { WebSocket } from "ws";
import { systemClock } from "../../src/base/clock.ts";
import { simulatedStreams } from "../../src/kubernetes/streams/simulated.ts";
import { processStreams, type Witness } from "./container-back-end.ts";
import { startServer, type TestServer } from "./server-support.ts";
import { makePod } from "./stream-pods.ts";

const running = { state: { running: { startedAt: "2026-03-01T09:59:50Z" } } };
const folder = mkdtempSync(join(tmpdir(), "atoll-streams-"));
const witness: Witness = { sizes: [], asked: [], abandoned: 0 };
let echo: Server;
let api: TestServer;
let config: KubeConfig;

before(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => void socket.on("error", () => {}).pipe(socket));
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  api = await startServer({ streams: processStreams(folder, { 80: (echo.address() as AddressInfo).port }, witness) });
  await makePod(api, "p", { c: running });
  await makePod(api, "two", { a: running, b: { state: { waiting: { reason: "ImagePullBackOff" } } } });
  await makePod(api, "unplaced", { c: {} }, {}, null);
  config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
});
after(async () => {
  await api?.close();
  echo?.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(path: string, protocols: string[], user = "admin", server = api): WebSocket {
  const url = `${server.url.replace("https", "wss")}/api/v1/namespaces/default/pods/${path}`;
  return new WebSocket(url, protocols, { rejectUnauthorized: false, headers: { authorization: `Bearer ${user}` } });
}

/** Everything a socket brings until it closes, by channel. */
async function channels(socket: WebSocket): Promise<Record<number, string>> {
  const got: Record<number, string> = {};
  socket.on("message", (raw: Buffer) => {
    got[raw[0]!] = (got[raw[0]!] ?? "") + raw.subarray(1).toString();
  });
  await once(socket, "close");
  return got;
}

/** Status code of an upgrade that is refused, and the message. */
async function refusal(socket: WebSocket): Promise<[number, string]> {
  socket.on("error", () => {});
  const [, answer] = await once(socket, "unexpected-response");
  const body = await text(answer);
  return [answer.statusCode, body.startsWith("{") ? JSON.parse(body).message : body];
}

const message = (channel: number, content: string) => Buffer.concat([Buffer.from([channel]), Buffer.from(content)]);

describe("client-node", () => {
  test("exec", async () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const ended = Promise.withResolvers<V1Status>();
    const command = ["sh", "-c", "cat; echo oops >&2; exit 4"];
    const stdin = new PassThrough();
    await new Exec(config).exec("default", "p", "c", command, out, err, stdin, false, ended.resolve);
    stdin.end("hello");
    const status = await ended.promise;
    assert.equal(status.reason, "NonZeroExitCode");
    assert.deepEqual(status.details?.causes, [{ reason: "ExitCode", message: "4" }]);
    assert.equal(
      status.message,
      "command terminated with non-zero exit code: error executing command [sh -c cat; echo oops >&2; exit 4], exit code 4",
    );
    assert.deepEqual([out.read()?.toString(), err.read()?.toString()], ["hello", "oops\n"]);
  });

  test("attach", async () => {
    const out = new PassThrough();
    const socket = await new Attach(config).attach("default", "p", "c", out, null, null, false);
    await once(out, "data");
    socket.close();
  });

  test("port-forward", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const opened = await new PortForward(config).portForward("default", "p", [80], output, null, input);
    input.write("over and back");
    assert.equal(String((await once(output, "data"))[0]), "over and back");
    (opened as { close(): void }).close();
  });
});

describe("WebSocket channels", () => {
  test("the first message says that the connection stands; v5 closes stdin", async () => {
    const socket = open("p/exec?command=cat&stdin=true&stdout=true", ["v5.channel.k8s.io", "v4.channel.k8s.io"]);
    const [first] = (await once(socket, "message")) as [Buffer];
    assert.deepEqual([...first], [1]);
    assert.equal(socket.protocol, "v5.channel.k8s.io");
    const got = channels(socket);
    socket.send(message(0, "some "));
    socket.send(message(0, "words"));
    socket.send(Buffer.from([255, 0]));
    assert.deepEqual(await got, { 1: "some words", 3: '{"metadata":{},"status":"Success"}' });
  });

  test("resize reaches the process; nonsense does not", async () => {
    const socket = open("p/exec?command=size&stdout=true&tty=true", ["v4.channel.k8s.io"]);
    await once(socket, "open");
    for (const each of ["nonsense}", '{"Width":-1,"Height":2}', '{"Width":120,', '"Height":40}']) socket.send(message(4, each));
    assert.equal((await channels(socket))[1], "120x40\n");
  });

  test("a client that goes away takes its command along", async () => {
    const before = witness.abandoned;
    const socket = open("p/exec?command=sleep&command=100&stdout=true", ["v5.channel.k8s.io"]);
    await once(socket, "message");
    socket.terminate();
    while (witness.abandoned === before) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("a client that reads slowly holds the process up and loses nothing", async () => {
    const socket = open("p/exec?command=head&command=-c&command=2000000&command=/dev/zero&stdout=true", ["v5.channel.k8s.io"]);
    await once(socket, "message");
    let size = 0;
    socket.on("message", (raw: Buffer) => {
      if (raw[0] === 1) size += raw.length - 1;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    await once(socket, "close");
    assert.equal(size, 2_000_000);
  });

  const refusals: [string, string[], string, number, RegExp][] = [
    [
      "p/exec?command=ls&stdout=true",
      ["v9.channel.k8s.io"],
      "admin",
      403,
      /unable to negotiate protocol: client supports \[v9\.channel\.k8s\.io\]/,
    ],
    [
      "p/exec?command=ls&stdout=true",
      ["v5.channel.k8s.io"],
      "eve",
      403,
      /^pods "p" is forbidden: User "eve" cannot get resource "pods\/exec"/,
    ],
    ["p/exec?command=ls&stdout=true", ["v5.channel.k8s.io"], "nobody", 401, /^Unauthorized$/],
    ["p/exec?command=ls", ["v5.channel.k8s.io"], "admin", 400, /^you must specify at least 1 of stdin, stdout, stderr$/],
    ["p/exec?stdout=true", ["v5.channel.k8s.io"], "admin", 400, /^you must specify at least one command for the container$/],
    ["p/exec?command=ls&stdout=1&container=z", ["v5.channel.k8s.io"], "admin", 400, /^container z is not valid for pod p$/],
    [
      "two/exec?command=ls&stdout=1",
      ["v5.channel.k8s.io"],
      "admin",
      400,
      /^a container name must be specified for pod two, choose one of: \[a b\]$/,
    ],
    ["unplaced/attach?stdout=1", ["v5.channel.k8s.io"], "admin", 400, /^pod unplaced does not have a host assigned$/],
    ["absent/attach?stdout=1", ["v5.channel.k8s.io"], "admin", 404, /^pods "absent" not found$/],
    ["p/portforward?ports=0", ["v4.channel.k8s.io"], "admin", 400, /^invalid port "0"/],
    ["p/portforward", ["v4.channel.k8s.io"], "admin", 400, /^you must specify at least 1 port$/],
    ["p/status", ["v4.channel.k8s.io"], "admin", 501, /not available/],
  ];
  for (const [path, protocols, user, code, why] of refusals)
    test(`${user} at ${path} by ${protocols[0]}: ${code}`, async () => {
      const [answered, body] = await refusal(open(path, protocols, user));
      assert.equal(answered, code, body);
      assert.match(body, why);
    });

  test("a container that does not run is told of in the status", async () => {
    const got = await channels(open("two/exec?container=b&command=ls&stdout=true", ["v5.channel.k8s.io"]));
    assert.match(got[3] ?? "", /Internal error occurred: unable to upgrade connection: container not found \(\\"b\\"\)/);
  });

  test("nothing that a client sends crashes the server", async () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });
    const where = fc.constantFrom(
      ["p/exec?command=cat&stdin=true&stdout=true&tty=true", "v5.channel.k8s.io"],
      ["p/attach?stdin=true&stdout=true", "v4.channel.k8s.io"],
      ["p/portforward?ports=80&ports=81", "v4.channel.k8s.io"],
    );
    await fc.assert(
      fc.asyncProperty(where, bytes, async ([path, protocol], messages) => {
        const socket = open(path!, [protocol!]);
        socket.on("error", () => {});
        await once(socket, "open");
        for (const each of messages) if (socket.readyState === WebSocket.OPEN) socket.send(each);
        socket.close();
        socket.terminate();
      }),
      { numRuns: 30 },
    );
    assert.equal((await api.call("GET", "/api/v1/namespaces/default/pods/p", "admin")).status, 200);
  });
});

test("from 1.35 on a WebSocket needs the right to create", async () => {
  const version = { major: "1", minor: "35", gitVersion: "v1.35.0-eks-1" };
  const later = await startServer({ version, streams: processStreams(folder, {}, witness) });
  try {
    await makePod(later, "p", { c: running });
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const apiGroup = "rbac.authorization.k8s.io";
    const rules = [{ apiGroups: [""], resources: ["pods/exec"], verbs: ["get"] }];
    await later.call("POST", `${rbac}/roles`, "admin", { metadata: { name: "r" }, rules });
    const binding = {
      metadata: { name: "r" },
      roleRef: { apiGroup, kind: "Role", name: "r" },
      subjects: [{ apiGroup, kind: "User", name: "bob" }],
    };
    await later.call("POST", `${rbac}/rolebindings`, "admin", binding);
    const attempt = () => open("p/exec?command=true&stdout=true", ["v5.channel.k8s.io"], "bob", later);
    const [code, why] = await refusal(attempt());
    assert.equal(code, 403);
    assert.match(why, /User "bob" cannot create resource "pods\/exec"/);
    const both = [{ ...rules[0], verbs: ["get", "create"] }];
    await later.call("PUT", `${rbac}/roles/r`, "admin", { metadata: { name: "r" }, rules: both });
    assert.match((await channels(attempt()))[3] ?? "", /Success/);
  } finally {
    await later.close();
  }
});

test("a simulated container prints what its annotation scripts, and refuses the rest", async () => {
  const simulated = await startServer({ streams: simulatedStreams(systemClock, () => ({ close() {} })) });
  try {
    const script = JSON.stringify({ hostname: "web-0\n", "cat /x": { stderr: "no such file\n", exit: 1 } });
    await makePod(simulated, "p", { c: running }, { "simulate.atoll.dev/c.exec": script });
    const command = (query: string) => open(`p/exec?${query}&stdout=true&stderr=true`, ["v5.channel.k8s.io"], "admin", simulated);
    assert.equal((await channels(command("command=hostname")))[1], "web-0\n");
    const failed = await channels(command("command=cat&command=/x"));
    assert.equal(failed[2], "no such file\n");
    assert.match(failed[3] ?? "", /"ExitCode","message":"1"/);
    const [code, why] = await refusal(command("command=ls"));
    assert.deepEqual([code, why], [501, "pods/exec is not available: the nodes of this cluster are simulated and run no containers"]);
  } finally {
    await simulated.close();
  }
});
