// The atoll command as users run it: processes, their output, and errors that say what to do next.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Connection } from "../../src/base/connection.ts";
import { ATOLL_COMMAND, type Clients, sdkClients } from "../support/atoll.ts";
import { kubectl } from "../support/kubectl.ts";
import { type Result, run } from "../support/run.ts";
import { createCluster, createNetwork, createRoles } from "../support/scenario.ts";

const home = mkdtempSync(join(tmpdir(), "atoll-cli-"));
const dataDir = join(home, "data");
const env = { PATH: process.env.PATH ?? "", HOME: home, ATOLL_DATA_DIR: dataDir };

const atoll = (...args: string[]): Promise<Result> => run(process.execPath, [ATOLL_COMMAND, ...args], { env });

/** A command that succeeds without a word on standard error. */
async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await atoll(...args);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return stdout;
}

/** A command that fails with exactly this on standard error and nothing on standard output. */
async function fails(message: string | RegExp, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await atoll(...args);
  assert.equal(code, 1, stdout);
  assert.equal(stdout, "");
  if (typeof message === "string") assert.equal(stderr, `atoll: ${message}\n`);
  else assert.match(stderr, message);
}

const connection = () => JSON.parse(readFileSync(join(dataDir, "connection.json"), "utf8")) as Connection;

after(async () => {
  await atoll("down");
  rmSync(home, { recursive: true, force: true });
});

test("before up, every command says how to start it", async () => {
  for (const command of [["status"], ["env"], ["down"], ["kubeconfig", "x"], ["run", "--as-pod", "a/b", "true"], ["demo"]]) {
    await fails("Atoll is not running. Start it with: atoll up", ...command);
  }
});

test("help lists the commands, and a wrong one points to it", async () => {
  const help = await succeed("--help");
  for (const command of ["up", "down", "status", "env", "kubeconfig", "run", "demo"])
    assert.match(help, new RegExp(`^ {2}${command}\\b`, "m"));
  await fails(/unknown command 'start'\n(?:.*\n)?\(atoll --help lists the commands\)/, "start");
  await fails(/argument 'xml' is invalid/, "--output=xml", "status");
});

test("settings that cannot be are refused by name", async () => {
  await fails(/setting port: /, "up", "--detach", "--port=99999");
  await fails(/setting account: an AWS account id has twelve digits/, "up", "--detach", "--account=1");
  await fails(/setting timing: /, "up", "--detach", "--timing=fast");
});

test("a port in use is named, with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await fails(
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use\\. Choose another with --port, or stop what uses it\\.`),
    "up",
    "--detach",
    `--port=${port}`,
  );
  await fails(
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use\\. Choose another with --tls-port`),
    ...["up", "--detach", "--port=0", `--tls-port=${port}`],
  );
  other.close();
});

describe("while it runs", () => {
  let clients: Clients;
  before(async () => {
    const ready = JSON.parse(await succeed("up", "--detach", "--port=0", "--tls-port=0", "--output=json"));
    assert.deepEqual(Object.keys(ready).toSorted(), ["account", "endpoint", "pid", "region", "tlsEndpoint"]);
    assert.equal(ready.endpoint, connection().endpoint);
    clients = sdkClients(ready.endpoint, connection());
  });
  after(() => {
    for (const client of Object.values(clients)) client.destroy();
  });

  test("only its owner can read the keys", () => {
    assert.equal(statSync(dataDir).mode & 0o077, 0);
    assert.equal(statSync(join(dataDir, "connection.json")).mode & 0o777, 0o600);
  });

  test("a second up is refused and the first runs on", async () => {
    const { endpoint, pid } = connection();
    const message = `Atoll is already running at ${endpoint} (process ${pid}). Stop it with: atoll down`;
    await fails(message, "up", "--port=0", "--tls-port=0");
    await fails(message, "up", "--detach", "--port=0", "--tls-port=0");
    assert.equal(JSON.parse(await succeed("--output=json", "status")).endpoint, endpoint);
  });

  test("env prints what a shell can eval and programs can read", async () => {
    const { endpoint, accessKeyId, secretAccessKey, region } = connection();
    const wanted = {
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region },
    };
    assert.deepEqual(JSON.parse(await succeed("--output=json", "env")), wanted);
    const shell = await run("sh", ["-c", `${await succeed("env")}\nenv`], { env: { PATH: env.PATH } });
    for (const [name, value] of Object.entries(wanted)) assert.ok(shell.stdout.split("\n").includes(`${name}=${value}`), name);
  });

  test("status, kubeconfig and run say what is missing", async () => {
    assert.match(
      await succeed("status"),
      /^Atoll \d+\.\d+\.\d+, up \d+ s, \d+ MB\nAWS APIs {2}http:\/\/.*\nover TLS {2}https:\/\/.*\nNo clusters\.\n$/,
    );
    await fails("There is no cluster x in us-west-2 of account 111122223333.", "kubeconfig", "x");
    await fails("There is no cluster. Create one with: aws eks create-cluster", "run", "--as-pod", "a/b", "true");
    await fails("--as-pod takes NAMESPACE/POD, not b", "run", "--as-pod", "b", "true");
  });

  test("a cluster is in status and in the kubeconfig", async () => {
    const [network, roles] = [await createNetwork(clients.ec2), await createRoles(clients.iam)];
    const { endpoint, arn = "", version } = await createCluster(clients.eks, "dev", roles.cluster, network.subnets);
    const { clusters } = JSON.parse(await succeed("--output=json", "status"));
    const [{ uptimeSeconds: _, ...shown }] = clusters;
    assert.deepEqual(shown, {
      ...{ account: "111122223333", region: "us-west-2", name: "dev", arn, status: "ACTIVE", version, endpoint },
      ...{ nodes: 0, pods: shown.pods },
    });
    assert.match(await succeed("status"), /^dev {6}ACTIVE {2}1\.\d\d +us-west-2 {2}111122223333 {2}0 /m);

    const path = join(home, ".kube", "config");
    assert.equal(await succeed("kubeconfig", "dev"), `Added context ${arn} to ${path}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const file = join(home, "other");
    assert.deepEqual(JSON.parse(await succeed("--output=json", "kubeconfig", "dev", "--kubeconfig", file)), {
      kubeconfig: file,
      context: arn,
    });
    const token = JSON.parse(await succeed("token", "dev"));
    assert.match(token.status.token, /^k8s-aws-v1\.[\w-]+$/);
  });

  test("kubectl works with that kubeconfig", { skip: !kubectl("33") && "needs kubectl" }, async () => {
    const { code, stdout, stderr } = await run(kubectl("33")!, ["auth", "whoami", "-o=jsonpath={.status.userInfo.username}"], { env });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "arn:aws:iam::111122223333:root");
    assert.equal(stderr, "");
  });

  test("run names a pod that is not there or not Running", async () => {
    await fails(
      "There is no pod default/web in cluster dev; list them with: kubectl get pods -A",
      ...["run", "--as-pod", "default/web", "--", "true"],
    );
    const [pod] = (await run(kubectl("33") ?? "kubectl", ["get", "pods", "-n", "kube-system", "-o=name"], { env })).stdout.split("\n");
    const name = pod?.replace("pod/", "");
    await fails(
      `Pod kube-system/${name} is Pending, not Running; see: kubectl -n kube-system describe pod ${name}`,
      ...["run", "--as-pod", `kube-system/${name}`, "--", "true"],
    );
  });

  test("down stops it, and up continues with the same state, keys and ports", async () => {
    const former = connection();
    assert.deepEqual(JSON.parse(await succeed("--output=json", "down")), { stopped: true, pid: former.pid });
    await fails("Atoll is not running. Start it with: atoll up", "status");
    assert.match(
      await succeed("up", "--detach", "--port=0", "--tls-port=0"),
      /^Atoll is ready at http:.*\nUse it in this shell with: eval "\$\(\S+ env\)"\n$/,
    );
    const { pid: _, ...now } = connection();
    const { pid: __, ...then } = former;
    assert.deepEqual(now, then);
    const { clusters } = JSON.parse(await succeed("status", "--output", "json", "--data-dir", dataDir));
    assert.deepEqual(
      clusters.map(({ name, status }: { name: string; status: string }) => [name, status]),
      [["dev", "ACTIVE"]],
    );
  });
});

test("in the foreground it says when it is ready and stops cleanly on a signal", async () => {
  const other = join(home, "foreground");
  const shell = `${process.execPath} ${ATOLL_COMMAND} --data-dir ${other} up --port 0 --tls-port 0 --ephemeral & until grep -qs pid ${other}/connection.json; do sleep 0.05; done; kill -TERM $!; wait $!`;
  const { code, stdout, stderr } = await run("sh", ["-c", shell], { env });
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^Atoll is ready at http:\/\/127\.0\.0\.1:\d+ after \d+ ms \(account 111122223333, region us-west-2\)\.\nIn another shell: {2}eval "\$\(\S+ env\)"\nStopping on SIGTERM …\n$/,
  );
});
