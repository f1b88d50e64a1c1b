// IAM and STS side by side, with an issuer whose tokens the test signs.
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { Caller } from "../../src/aws/caller.ts";
import type { InputOf, Operation, OperationName, OutputOf, Sdk } from "../../src/aws/operation.ts";
import { systemRandom } from "../../src/base/random.ts";
import { globalConditions } from "../../src/gateway/global-conditions.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { CallRecord } from "../../src/services/ports.ts";
import type { Fetch } from "../../src/services/sts/issuer-keyring.ts";
import { createSts } from "../../src/services/sts/sts.ts";
import { callOf, rootOf, testIam } from "../iam/support.ts";

export const ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
export const ISSUER_PATH = ISSUER.slice("https://".length);

/** A signing key and its public half. */
export async function signingKey(alg = "RS256", kid = "key-1") {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } as JWK };
}

export type SigningKey = Awaited<ReturnType<typeof signingKey>>;

/** Generated once for all tests: making RSA keys is slow. */
export const KEY = await signingKey();
export const OTHER_KEY = await signingKey();

export const sign = (claims: object, key: SigningKey = KEY, header: object = {}) =>
  new SignJWT(claims as never).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);

export const noFetch: Fetch = async () => {
  throw new TypeError("fetch failed");
};

export interface TestStsOptions {
  readonly own?: Readonly<Record<string, readonly JWK[]>>;
  readonly fetch?: Fetch;
  readonly iam?: ReturnType<typeof testIam>;
}

export function testSts({ own = { [ISSUER]: [KEY.jwk] }, fetch = noFetch, iam = testIam() }: TestStsOptions = {}) {
  const recorded: CallRecord[] = [];
  const open = () =>
    createSts({
      store: iam.store,
      clock: iam.clock,
      random: systemRandom,
      directory: iam.directory,
      issuerKeys: { jwks: (issuer) => (Object.hasOwn(own, issuer) ? { keys: own[issuer] ?? [] } : undefined) },
      fetch,
      evaluate,
      globalConditions: (caller, facts) => globalConditions(caller, facts, iam.directory),
      recorder: { record: (call) => recorded.push(call) },
    });
  const sts = open();
  const run = async <Name extends OperationName<Sdk["sts"]>>(name: Name, input: InputOf<Sdk["sts"], Name>, caller: Caller, on = sts) => {
    const operation = on.service.operations[name] as unknown as Operation<unknown, unknown, unknown>;
    return (await operation.run(input, callOf(caller, iam.clock), on.service.deps)) as OutputOf<Sdk["sts"], Name>;
  };
  const callerOf = (accessKeyId: string | undefined): Caller => {
    const credential = sts.credentials.credential(accessKeyId ?? "") ?? iam.credentials.credential(accessKeyId ?? "");
    if (!credential) throw new Error(`nobody has ${accessKeyId}`);
    return credential.caller;
  };
  return {
    ...sts,
    iam,
    recorded,
    run,
    /** STS opened again over the same store. */
    reopen: open,
    callerOf,
    /** A new user with an optional inline policy, as a caller. */
    async user(name: string, policy?: string, account?: string): Promise<Caller> {
      const as = account ? rootOf(account) : undefined;
      await iam.run("CreateUser", { UserName: name }, as);
      if (policy) await iam.run("PutUserPolicy", { UserName: name, PolicyName: "p", PolicyDocument: policy }, as);
      const { AccessKey } = await iam.run("CreateAccessKey", { UserName: name }, as);
      return callerOf(AccessKey?.AccessKeyId);
    },
    /** A new role; its ARN. */
    async role(name: string, trustPolicy: string, policy?: string, more: object = {}): Promise<string> {
      const { Role } = await iam.run("CreateRole", { RoleName: name, AssumeRolePolicyDocument: trustPolicy, ...more });
      if (policy) await iam.run("PutRolePolicy", { RoleName: name, PolicyName: "p", PolicyDocument: policy });
      return Role?.Arn ?? "";
    },
  };
}

export const ANONYMOUS: Caller = { kind: "anonymous", partition: "aws", accountId: "", arn: "", userId: "" };

/** A compact JWS made by hand, for what no library signs. */
export const handmade = (header: object, claims: object, signature: string | Uint8Array = "") =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") +
  `.${Buffer.from(signature).toString("base64url")}`;
