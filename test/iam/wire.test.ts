// IAM and STS behind the gateway, through the official clients: what the codec, the signature and the policy engine make of them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import * as iamSdk from "@aws-sdk/client-iam";
import * as stsSdk from "@aws-sdk/client-sts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { globalConditions } from "../../src/gateway/global-conditions.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { createIam } from "../../src/services/iam/iam.ts";
import type { CallRecord } from "../../src/services/ports.ts";
import { createSts } from "../../src/services/sts/sts.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { ISSUER, ISSUER_PATH, KEY, noFetch, sign } from "../sts/support.ts";
import { ACCOUNT, allow, EC2_TRUST, THUMBPRINT, trust } from "./support.ts";

const calls: CallRecord[] = [];
const store = memoryStore();
const common = { store, clock: systemClock, random: systemRandom };
const iam = createIam({ ...common, thumbprint: async () => THUMBPRINT });
const recorder = {
  record(call: CallRecord) {
    calls.push(call);
    iam.usage.record(call);
  },
};
const sts = createSts({
  ...common,
  directory: iam.directory,
  issuerKeys: { jwks: (issuer) => (issuer === ISSUER ? { keys: [KEY.jwk] } : undefined) },
  fetch: noFetch,
  evaluate,
  globalConditions: (caller, facts) => globalConditions(caller, facts, iam.directory),
  recorder,
});
const gateway = createGateway({
  ...common,
  directory: iam.directory,
  credentials: { credential: (id) => iam.credentials.credential(id) ?? sts.credentials.credential(id) },
  recorder,
  log: silentLog,
  regions: ["us-east-1", "us-west-2"],
  defaultRegion: "us-west-2",
});
gateway.serve(iam.service);
gateway.serve(sts.service);
const server = createServer(gateway.handler);

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

let root: Keys;
const config = (credentials: Keys) => ({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: "us-west-2",
  maxAttempts: 1,
  credentials,
});
const iamAs = (keys: Keys) => new iamSdk.IAMClient(config(keys));
const stsAs = (keys: Keys) => new stsSdk.STSClient(config(keys));
const keysOf = (given: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string } | undefined): Keys => ({
  accessKeyId: given?.AccessKeyId ?? "",
  secretAccessKey: given?.SecretAccessKey ?? "",
  ...(given?.SessionToken ? { sessionToken: given.SessionToken } : {}),
});

before(async () => {
  const made = iam.accounts.ensureAccount(ACCOUNT).rootKey;
  assert.ok(made);
  root = made;
  await gateway.ready();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(() => {
  sts.close();
  server.close();
  server.closeAllConnections();
});

test("a role comes back as it was written", async () => {
  const client = iamAs(root);
  await client.send(
    new iamSdk.CreateRoleCommand({ RoleName: "wire", AssumeRolePolicyDocument: EC2_TRUST, Tags: [{ Key: "k", Value: "v" }] }),
  );
  const { Role } = await client.send(new iamSdk.GetRoleCommand({ RoleName: "wire" }));
  assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), EC2_TRUST);
  assert.ok(Role?.CreateDate instanceof Date);
  assert.deepEqual(Role?.Tags, [{ Key: "k", Value: "v" }]);
  const listed = await client.send(new iamSdk.ListRolesCommand({}));
  assert.deepEqual([listed.Roles?.length, listed.IsTruncated], [1, false]);
  await assert.rejects(client.send(new iamSdk.CreateRoleCommand({ RoleName: "wire", AssumeRolePolicyDocument: EC2_TRUST })), {
    name: "EntityAlreadyExistsException",
    message: "Role with name wire already exists.",
  });
  await assert.rejects(client.send(new iamSdk.GetRoleCommand({ RoleName: "none" })), (error: iamSdk.IAMServiceException) => {
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], ["NoSuchEntityException", 404]);
    return true;
  });
});

test("a user may what its policies say, in the words of AWS", async () => {
  const client = iamAs(root);
  await client.send(new iamSdk.CreateUserCommand({ UserName: "ann" }));
  const { AccessKey } = await client.send(new iamSdk.CreateAccessKeyCommand({ UserName: "ann" }));
  const self = allow(["iam:GetUser"], `arn:aws:iam::*:user/$\{aws:username}`);
  await client.send(new iamSdk.PutUserPolicyCommand({ UserName: "ann", PolicyName: "self", PolicyDocument: self }));
  const ann = iamAs(keysOf(AccessKey));
  assert.equal((await ann.send(new iamSdk.GetUserCommand({}))).User?.UserName, "ann");
  await assert.rejects(ann.send(new iamSdk.ListUsersCommand({})), {
    name: "AccessDenied",
    message: `User: arn:aws:iam::${ACCOUNT}:user/ann is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::${ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action`,
  });
  const used = await client.send(new iamSdk.GetAccessKeyLastUsedCommand({ AccessKeyId: AccessKey?.AccessKeyId }));
  assert.equal(used.AccessKeyLastUsed?.ServiceName, "iam");
  await client.send(new iamSdk.UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId: AccessKey?.AccessKeyId, Status: "Inactive" }));
  await assert.rejects(ann.send(new iamSdk.GetUserCommand({})), { name: "InvalidClientTokenId" });
});

test("a web identity buys credentials that work, until the role is gone", async () => {
  const client = iamAs(root);
  await client.send(new iamSdk.CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: ["sts.amazonaws.com"] }));
  const federated = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER_PATH}`;
  const AssumeRolePolicyDocument = trust({ Federated: federated }, "sts:AssumeRoleWithWebIdentity", {
    StringEquals: { [`${ISSUER_PATH}:sub`]: "s" },
  });
  await client.send(new iamSdk.CreateRoleCommand({ RoleName: "irsa", AssumeRolePolicyDocument }));
  const onlyItself = allow("iam:GetRole", "*", { StringEquals: { [`${ISSUER_PATH}:sub`]: "s" } });
  await client.send(new iamSdk.PutRolePolicyCommand({ RoleName: "irsa", PolicyName: "p", PolicyDocument: onlyItself }));
  const now = Math.floor(Date.now() / 1000);
  const WebIdentityToken = await sign({ iss: ISSUER, aud: "sts.amazonaws.com", sub: "s", iat: now, exp: now + 600 });
  const input = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/irsa`, RoleSessionName: "pod", WebIdentityToken };
  const { Credentials } = await stsAs(root).send(new stsSdk.AssumeRoleWithWebIdentityCommand(input));
  const keys = keysOf(Credentials);
  assert.equal((await stsAs(keys).send(new stsSdk.GetCallerIdentityCommand({}))).Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/irsa/pod`);
  assert.equal((await iamAs(keys).send(new iamSdk.GetRoleCommand({ RoleName: "irsa" }))).Role?.RoleName, "irsa");
  await assert.rejects(iamAs(keys).send(new iamSdk.ListRolesCommand({})), { name: "AccessDenied" });
  await assert.rejects(iamAs({ ...keys, sessionToken: "x" }).send(new iamSdk.GetRoleCommand({ RoleName: "irsa" })), {
    name: "InvalidClientTokenId",
  });
  await client.send(new iamSdk.DeleteRolePolicyCommand({ RoleName: "irsa", PolicyName: "p" }));
  await client.send(new iamSdk.DeleteRoleCommand({ RoleName: "irsa" }));
  await assert.rejects(iamAs(keys).send(new iamSdk.GetRoleCommand({ RoleName: "irsa" })), { name: "AccessDenied" });
  assert.ok((await stsAs(keys).send(new stsSdk.GetCallerIdentityCommand({}))).Arn, "who it was can still be asked");
  await assert.rejects(stsAs(root).send(new stsSdk.AssumeRoleWithWebIdentityCommand({ ...input, WebIdentityToken: "a.b.c" })), {
    name: "InvalidIdentityTokenException",
  });
});

test("no secret reaches the record of calls", () => {
  assert.ok(calls.length > 10);
  const text = JSON.stringify(calls);
  for (const [, record] of new Map(
    store.list("iam/access-key/").map((entry) => [entry.key, JSON.parse(new TextDecoder().decode(entry.value))]),
  )) {
    assert.equal(text.includes(JSON.stringify(record.secret).slice(1, -1)), false);
  }
  assert.doesNotMatch(text, /"(SecretAccessKey|WebIdentityToken)"/);
});
