// Tokens nobody should believe: forged, mutated, out of time, huge and nested. None may be accepted, and nothing may crash.
import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign as signBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { verifyPodToken } from "../../src/clusters/pod-token-verifier.ts";
import { ServiceAccountAuthenticator } from "../../src/kubernetes/auth/service-account.ts";
import { agentHandler } from "../../src/nodes/agent/handler.ts";
import { claims, exchange, NOW, SUB } from "../sts/exchange.ts";
import { ISSUER, KEY, sign } from "../sts/support.ts";

const RUNS = 400;
const CLOCK = new FakeClock(NOW * 1000);
const POD = { name: "p", uid: "pod-uid" };
const bound = { namespace: "apps", serviceaccount: { name: "api", uid: "sa-uid" }, pod: POD };
const AUDIENCES = ["sts.amazonaws.com", "https://kubernetes.default.svc", "pods.eks.amazonaws.com"];
/** Claims that all three doors accept. */
const good = (changes: object = {}) => claims({ aud: AUDIENCES, "kubernetes.io": bound, ...changes });

const living = (plural: string) => ({ metadata: { uid: plural === "pods" ? POD.uid : "sa-uid" } });
const objects = { get: ({ plural }: { plural: string }) => living(plural) };
const jwks = () => ({ keys: [KEY.jwk] });
const kubernetes = new ServiceAccountAuthenticator({ issuer: ISSUER, audiences: [AUDIENCES[1]!], jwks }, objects as never, CLOCK);
const cluster = { keys: { jwks }, issuer: ISSUER, client: () => ({ get: (plural: string) => living(plural) }) };
const sts = await exchange();

/** The doors: each resolves with whether it let the token in, and rejects only on a crash. */
const DOORS: Readonly<Record<string, (token: string) => Promise<boolean>>> = {
  STS: (token) =>
    sts.assume(token).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AwsError) return false;
        throw error;
      },
    ),
  "the API server": async (token) => typeof (await kubernetes.authenticate({ headers: {}, token })) === "object",
  "EKS Auth": async (token) => (await verifyPodToken(cluster as never, token, AUDIENCES[2]!, CLOCK)).kind === "valid",
};
const doors = async (token: string) => Promise.all(Object.values(DOORS).map((door) => door(token)));
const nobody = [false, false, false];

const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const REAL = await sign(good());

test("the doors open for a real token", async () => assert.deepEqual(await doors(REAL), [true, true, true]));

describe("forged", () => {
  const attacker = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const attackerJwk = attacker.publicKey.export({ format: "jwk" });
  const publicKey = createPublicKey({ key: KEY.jwk as JsonWebKey, format: "jwk" });
  const secrets = [
    publicKey.export({ type: "spki", format: "pem" }),
    publicKey.export({ type: "spki", format: "der" }),
    JSON.stringify(KEY.jwk),
    KEY.jwk.n!,
    Buffer.from(KEY.jwk.n!, "base64url"),
    "",
  ];
  const signatures: ((input: string) => Buffer | string)[] = [
    () => "",
    () => "AAAA",
    () => Buffer.alloc(256),
    () => Buffer.alloc(256, 0xff),
    ...secrets.flatMap((secret) => ["sha256", "sha512"].map((hash) => (input: string) => createHmac(hash, secret).update(input).digest())),
    (input) => signBytes("sha256", Buffer.from(input), attacker.privateKey),
    (input) => signBytes("sha512", Buffer.from(input), attacker.privateKey),
    () => Buffer.from(REAL.split(".")[2]!, "base64url"),
  ];
  const header = fc.record(
    {
      alg: fc.constantFrom<unknown>(
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS512",
        "PS256",
        "ES256",
        "EdDSA",
        "RSA1_5",
        "",
        null,
        5,
        {},
        ["RS256"],
        "__proto__",
        "constructor",
      ),
      kid: fc.constantFrom<unknown>(
        KEY.kid,
        "key-9",
        "",
        null,
        7,
        [KEY.kid],
        { $ne: "" },
        "../../../../dev/null",
        "' OR '1'='1",
        "x".repeat(5000),
        "__proto__",
      ),
      typ: fc.constantFrom("JWT", "at+jwt", "none"),
      jwk: fc.constant(attackerJwk),
      jku: fc.constant("http://127.0.0.1:1/jwks"),
      x5u: fc.constant("http://127.0.0.1:1/x"),
      x5c: fc.constant(["AAAA"]),
      crit: fc.constantFrom<unknown>(["b64"], ["exp"], [], "b64"),
      b64: fc.boolean(),
      zip: fc.constant("DEF"),
    },
    { requiredKeys: ["alg"] },
  );
  const body = fc.constantFrom<unknown>(
    good(),
    good({ sub: "system:serviceaccount:kube-system:admin" }),
    good({ exp: NOW + 1e9 }),
    good({ iss: [ISSUER] }),
    null,
    [],
    "text",
    5,
  );

  test(`${RUNS} headers, bodies and signatures that the cluster's key did not make`, () =>
    fc.assert(
      fc.asyncProperty(header, body, fc.constantFrom(...signatures), async (head, payload, signature) => {
        const input = `${encode(head)}.${encode(payload)}`;
        // The real signature over the real text is no forgery.
        fc.pre(`${input}.` !== REAL.slice(0, input.length + 1));
        const made = signature(input);
        assert.deepEqual(await doors(`${input}.${typeof made === "string" ? made : made.toString("base64url")}`), nobody);
      }),
      { numRuns: RUNS, seed: 1 },
    ));
});

test(`${RUNS} mutations of a real token: what is accepted says the same`, () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat(REAL.length - 1),
      fc.constantFrom("replace", "insert", "delete", "swap"),
      fc.constantFrom(..."AZaz09-_.=+/ \n\u0000é"),
      async (at, how, char) => {
        const rest = REAL.slice(at + 1);
        const mutated =
          how === "replace"
            ? REAL.slice(0, at) + char + rest
            : how === "insert"
              ? REAL.slice(0, at) + char + REAL.slice(at)
              : how === "delete"
                ? REAL.slice(0, at) + rest
                : REAL.slice(0, at) + (rest[0] ?? "") + REAL[at] + rest.slice(1);
        const parts = (text: string) => text.split(".").map((part) => Buffer.from(part, "base64url").toString("hex"));
        const same = JSON.stringify(parts(mutated)) === JSON.stringify(parts(REAL));
        if (!same) assert.deepEqual(await doors(mutated), nobody, `${how} ${JSON.stringify(char)} at ${at}`);
        else await doors(mutated);
      },
    ),
    { numRuns: RUNS, seed: 2 },
  ));

describe("time, to the second", () => {
  const moment = fc.oneof(
    fc.integer({ min: NOW - 400, max: NOW + 400 }),
    fc.constantFrom(NOW, NOW + 1, NOW - 60, NOW - 59, NOW - 61, NOW + 60, NOW + 61, NOW + 300, NOW + 301),
  );
  test("signed tokens are believed exactly as long as each door says", () =>
    fc.assert(
      fc.asyncProperty(moment, moment, moment, async (exp, nbf, iat) => {
        const [bySts, byKubernetes, byEks] = await doors(await sign(good({ exp, nbf, iat })));
        assert.equal(bySts, NOW < exp && nbf <= NOW + 300 && iat <= NOW + 300, "STS");
        // A token that ends before it begins is signed nonsense; the API server may refuse it earlier.
        if (exp > nbf && iat <= NOW) assert.equal(byKubernetes, NOW < exp + 60 && NOW >= nbf - 60, "the API server");
        assert.equal(byEks, NOW < exp && nbf <= NOW, "EKS Auth");
      }),
      { numRuns: 120, seed: 3 },
    ));

  for (const [claim, values] of Object.entries({
    exp: [undefined, null, "9999999999", "NaN", -1, 0, [NOW + 60], {}, true],
    nbf: [NOW + 1e9, "soon", {}],
    sub: [undefined, null, "", 5, ["x"], SUB.toUpperCase(), `${SUB} `, `${SUB}\u0000`],
    iss: [undefined, null, "", `${ISSUER}x`, ISSUER.toUpperCase(), [ISSUER], "https://evil.example"],
    aud: [undefined, null, "", [], "other", ["other"], { 0: "sts.amazonaws.com" }, 5],
  })) {
    test(`signed, with ${claim} of ${values.length} wrong kinds`, async () => {
      for (const value of values) {
        const [bySts, byKubernetes, byEks] = await doors(await sign(good({ [claim]: value })));
        assert.equal(bySts, false, `STS: ${claim} ${JSON.stringify(value)}`);
        assert.equal(byKubernetes, false, `the API server: ${claim} ${JSON.stringify(value)}`);
        // EKS Auth reads the pod from the cluster's own claims, and the subject must merely be there.
        if (claim !== "sub") assert.equal(byEks, false, `EKS Auth: ${claim} ${JSON.stringify(value)}`);
      }
    });
  }
});

test("huge and nested tokens are refused quickly", async () => {
  const nested = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  const deep = `${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`;
  const tokens = [
    "",
    ".",
    "..",
    "...",
    "a.b.c",
    "a".repeat(1_000_000),
    `${encode({ alg: "RS256" })}.${encode(nested)}.AA`,
    `${encode(deep)}.${encode(deep)}.AA`,
    `${"e30.".repeat(5000)}`,
    `${encode({ alg: "RS256", kid: KEY.kid })}.${encode("x".repeat(900_000))}.AA`,
    "\u0000.\u0000.\u0000",
    "é.é.é",
  ];
  const before = performance.now();
  for (const token of tokens) assert.deepEqual(await doors(token), nobody, token.slice(0, 60));
  assert.ok(performance.now() - before < 8000);
});

test("the agent answers any authorization header with a status", () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.constantFrom(REAL, `Bearer ${REAL}`),
        fc.base64String().map((text) => `${text}.${text}.${text}`),
      ),
      async (authorization) => {
        let status = 0;
        const response = {
          writeHead: (code: number) => {
            status = code;
          },
          end() {},
        };
        const source = { credentials: async () => Promise.reject(new Error("asked")) };
        const handler = agentHandler({ source, clock: CLOCK, hosts: ["h"] });
        await handler({ url: "/v1/credentials", headers: { host: "h", authorization } } as never, response as never);
        assert.ok(status === 400 || (status === 500 && authorization === REAL), `${status} for ${authorization}`);
      },
    ),
    { numRuns: 200, seed: 4 },
  ));
