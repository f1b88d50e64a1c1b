// A gateway on a loopback port with hand-made principals, for tests of the wire.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Caller, RoleSessionCaller, UserCaller } from "../../../src/aws/caller.ts";
import type { Service } from "../../../src/aws/operation.ts";
import { FakeClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { GatewayOptions } from "../../../src/gateway/exchange.ts";
import { createGateway, type Gateway } from "../../../src/gateway/gateway.ts";
import type { AttachedPolicy, PrincipalPolicies, Statement } from "../../../src/policy/types.ts";
import type { CallRecord, Credential, IamDirectory } from "../../../src/services/ports.ts";

export const ACCOUNT = "111122223333";
export const NOW = Date.parse("2026-01-05T09:12:44Z");

/** Keys of the principals every world has. */
export const ROOT = { accessKeyId: "AKIAROOTROOTROOTROOT", secretAccessKey: "root/secret+key" };
export const ALICE = { accessKeyId: "AKIAALICEALICEALICE1", secretAccessKey: "alice/secret+key" };
export const SESSION = { accessKeyId: "ASIASESSIONSESSION11", secretAccessKey: "session/secret", sessionToken: "session-token/+=" };
export const INACTIVE = { accessKeyId: "AKIAINACTIVEINACTIVE", secretAccessKey: "inactive" };

const common = { partition: "aws", accountId: ACCOUNT };
export const rootCaller: Caller = { ...common, kind: "root", arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT };
export const aliceCaller: UserCaller = {
  ...common,
  kind: "user",
  arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  userId: "AIDAALICE",
  userName: "alice",
};
export const sessionCaller: RoleSessionCaller = {
  ...common,
  kind: "role-session",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Ops/s1`,
  userId: "AROAOPS:s1",
  roleName: "Ops",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/team/Ops`,
  sessionName: "s1",
  session: {
    ...{ issuedAt: NOW - 1000, expiresAt: NOW + 3_600_000, tags: { team: "blue" }, transitiveTagKeys: [], policies: [], policyArns: [] },
  },
};

/** A policy of one statement. */
export function policy(statement: Partial<Statement> & Pick<Statement, "effect">): AttachedPolicy {
  return { name: "p", document: { version: "2012-10-17", statements: [{ conditions: {}, ...statement }] } };
}

/** A running gateway; `records` fills with every recorded call. */
export interface World {
  readonly gateway: Gateway;
  readonly clock: FakeClock;
  readonly records: CallRecord[];
  readonly endpoint: string;
  /** Number of flushes that were waited for. */
  readonly store: { revision: number; flushes: number };
  /** Policies by user or role name. */
  readonly policies: Map<string, PrincipalPolicies>;
  readonly errors: object[];
  close(): Promise<void>;
}

function directory(policies: Map<string, PrincipalPolicies>): IamDirectory {
  const none = () => undefined;
  return {
    role: (arn) =>
      arn === sessionCaller.roleArn ? ({ tags: { team: "red", cost: "7" } } as unknown as ReturnType<IamDirectory["role"]>) : undefined,
    roleByName: none,
    user: (_account, name) => (name === "alice" ? { arn: aliceCaller.arn, id: "AIDAALICE", tags: { stage: "dev" } } : undefined),
    policies: (caller) =>
      policies.get("userName" in caller ? caller.userName : "roleName" in caller ? caller.roleName : "") ?? { identity: [] },
    managedPolicy: none,
    oidcProvider: none,
    instanceProfileRole: none,
    ensureServiceLinkedRole: () => {
      throw new Error("not in this world");
    },
    hasAccount: (account) => account === ACCOUNT,
  };
}

/** Starts a world with services attached. */
export async function startWorld(services: readonly Service[] = [], options: Partial<GatewayOptions> = {}): Promise<World> {
  const clock = new FakeClock(NOW);
  const records: CallRecord[] = [];
  const policies = new Map<string, PrincipalPolicies>();
  const errors: object[] = [];
  const store = {
    revision: 0,
    flushes: 0,
    async flushed() {
      this.flushes++;
    },
  };
  const keys = new Map<string, Credential>([
    [ROOT.accessKeyId, { secretAccessKey: ROOT.secretAccessKey, caller: rootCaller, active: true }],
    [ALICE.accessKeyId, { secretAccessKey: ALICE.secretAccessKey, caller: aliceCaller, active: true }],
    [INACTIVE.accessKeyId, { secretAccessKey: INACTIVE.secretAccessKey, caller: aliceCaller, active: false }],
    [
      SESSION.accessKeyId,
      {
        ...{ secretAccessKey: SESSION.secretAccessKey, sessionToken: SESSION.sessionToken, caller: sessionCaller, active: true },
        expiresAt: NOW + 3_600_000,
      },
    ],
  ]);
  const gateway = createGateway({
    directory: directory(policies),
    credentials: { credential: (id) => keys.get(id) },
    recorder: { record: (call) => records.push(call) },
    store,
    clock,
    log: { ...silentLog, error: (fields) => errors.push(fields) },
    random: seededRandom(7),
    regions: ["us-east-1", "us-west-2", "eu-central-1"],
    defaultRegion: "us-west-2",
    ...options,
  });
  for (const service of services) gateway.serve(service);
  const server: Server = createServer(gateway.handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { gateway, clock, records, endpoint, store, policies, errors, close };
}
