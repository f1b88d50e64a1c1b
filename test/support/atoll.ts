// A whole Atoll in the test's process, on free ports with a home of its own, and what points clients at it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import { type Atoll, type Environment, startAtoll } from "../../src/atoll.ts";
import { type Connection, writeConnection } from "../../src/base/connection.ts";
import { createLog } from "../../src/base/log.ts";
import { type Flags, readConfig } from "../../src/config.ts";

export const ACCOUNT = "111122223333";
export const REGION = "us-west-2";

/** The command line of this repository. */
export const ATOLL_COMMAND = fileURLToPath(new URL("../../bin/atoll.js", import.meta.url));

/** Access keys of a principal. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** SDK clients of one principal. */
export interface Clients {
  readonly cloudtrail: CloudTrailClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly sts: STSClient;
}

/** A running Atoll as tests use it. */
export interface TestAtoll {
  atoll: Atoll;
  readonly connection: Connection;
  /** Directory of this test; removed at the end. */
  readonly home: string;
  readonly dataDir: string;
  readonly root: Keys;
  /** Clients of the account's root user. */
  clients: Clients;
  /** Clients of somebody else. */
  clientsOf(keys: Keys): Clients;
  /** Environment for child processes: this Atoll's endpoint, a principal's keys (root's by default), a home of the test's own. */
  environment(keys?: Keys): Record<string, string>;
  /** Stops Atoll and starts it again over the same data directory, with new clients. Needs the flag `ephemeral: false`. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts Atoll with an empty state. Warnings of its own go to standard error. `flags` override what tests usually run with. */
export async function startTestAtoll(environment: Environment = {}, flags: Flags = {}): Promise<TestAtoll> {
  const home = mkdtempSync(join(tmpdir(), "atoll-e2e-"));
  const dataDir = join(home, "data");
  const config = readConfig({ dataDir, port: 0, tlsPort: 0, ephemeral: true, account: ACCOUNT, region: REGION, ...flags }, {});
  const start = () => startAtoll(config, { log: createLog("warn"), ...environment });
  const atoll = await start();
  const { endpoint, tlsEndpoint, adminToken, rootKey } = atoll;
  const root: Keys = { accessKeyId: rootKey.accessKeyId, secretAccessKey: rootKey.secretAccessKey };
  const certificateAuthority = join(home, "ca.crt");
  writeFileSync(certificateAuthority, atoll.certificateAuthority);
  const shared = { pid: process.pid, endpoint, tlsEndpoint, certificateAuthority, adminToken, account: ACCOUNT, region: REGION };
  const connection: Connection = { ...shared, ...root };
  writeConnection(dataDir, connection);
  const made: Clients[] = [];
  const clientsOf = (keys: Keys) => {
    const clients = sdkClients(endpoint, keys);
    made.push(clients);
    return clients;
  };
  const destroyClients = () => {
    for (const client of made.splice(0).flatMap((clients) => Object.values(clients) as { destroy(): void }[])) client.destroy();
  };
  const test: TestAtoll = {
    ...{ atoll, connection, home, dataDir, root, clientsOf },
    clients: clientsOf(root),
    environment: (keys = root) => childEnvironment(endpoint, home, dataDir, keys),
    async restart() {
      destroyClients();
      await test.atoll.close();
      test.atoll = await start();
      test.clients = clientsOf(root);
    },
    async close() {
      destroyClients();
      await test.atoll.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return test;
}

/** Clients that do not retry: every answer of the server is seen. */
export function sdkClients(endpoint: string, credentials: Keys, region = REGION): Clients {
  const settings = { endpoint, region, credentials, maxAttempts: 1 };
  return {
    cloudtrail: new CloudTrailClient(settings),
    ec2: new EC2Client(settings),
    eks: new EKSClient(settings),
    iam: new IAMClient(settings),
    sts: new STSClient(settings),
  };
}

/** The environment of an AWS client; nothing of the surrounding one but where programs are. */
export function childEnvironment(endpoint: string, home: string, dataDir: string, keys: Keys): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: home,
    LANG: "C.UTF-8",
    ATOLL_DATA_DIR: dataDir,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { AWS_SESSION_TOKEN: keys.sessionToken }),
    // One attempt: a retry would hide an answer.
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
  };
}
