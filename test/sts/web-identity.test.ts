import assert from "node:assert/strict";
import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { test } from "node:test";
import { ACCOUNT, allow, OTHER, rootOf, testIam, trust } from "../iam/support.ts";
import { claims, exchange, NO_KEY, NOT_VALID, NOW, PROVIDER, ROLE, SUB } from "./exchange.ts";
import { ANONYMOUS, handmade, ISSUER, ISSUER_PATH, KEY, OTHER_KEY, sign, signingKey, testSts } from "./support.ts";

test("a service account's token buys a session of its role", async () => {
  const { assume, credentials, iam } = await exchange();
  const answer = await assume(await sign(claims()));
  assert.equal(answer.SubjectFromWebIdentityToken, SUB);
  assert.equal(answer.Provider, PROVIDER);
  assert.equal(answer.Audience, "sts.amazonaws.com");
  assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/irsa/pod`);
  assert.match(answer.AssumedRoleUser?.AssumedRoleId ?? "", /^AROA[A-Z2-7]{17}:pod$/);
  assert.equal(answer.Credentials?.Expiration?.getTime(), (NOW + 3600) * 1000);
  assert.equal("PackedPolicySize" in answer, false, "only with policies or tags");
  const credential = credentials.credential(answer.Credentials?.AccessKeyId ?? "");
  assert.equal(credential?.sessionToken, answer.Credentials?.SessionToken);
  assert.equal(credential?.secretAccessKey, answer.Credentials?.SecretAccessKey);
  const caller = credential?.caller;
  assert.deepEqual(caller?.kind === "role-session" && caller.session.webIdentity, {
    provider: PROVIDER,
    subject: SUB,
    audience: "sts.amazonaws.com",
  });
  assert.deepEqual(caller?.kind === "role-session" && caller.session.tags, {}, "IRSA sessions have no tags");
  assert.equal(caller && iam.directory.policies(caller).identity.length, 1);
});

const NOT_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
const NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
const hs256 = () => {
  const spki = createPublicKey({ key: KEY.jwk as JsonWebKey, format: "jwk" }).export({ type: "spki", format: "pem" });
  const unsigned = handmade({ alg: "HS256", kid: KEY.kid }, claims()).replace(/\.$/, "");
  return `${unsigned}.${createHmac("sha256", spki).update(unsigned).digest("base64url")}`;
};

const badTokens: [string, () => Promise<string> | string, string, string | RegExp][] = [
  ["two segments", async () => (await sign(claims())).split(".").slice(0, 2).join("."), "InvalidIdentityToken", NOT_JWT],
  ["no JSON inside", () => "eyJh.bm90IGpzb24.c2ln", "InvalidIdentityToken", NOT_JWT],
  ["an opaque access token", () => "ya29.opaque", "InvalidIdentityToken", NOT_JWT],
  ["alg none", () => handmade({ alg: "none", kid: KEY.kid }, claims()), "InvalidIdentityToken", NOT_VALID],
  ["HS256 signed with the public key", hs256, "InvalidIdentityToken", NOT_VALID],
  ["PS256", async () => sign(claims(), await signingKey("PS256")), "InvalidIdentityToken", NOT_VALID],
  ["alg that is a property of objects", () => handmade({ alg: "constructor" }, claims()), "InvalidIdentityToken", NOT_VALID],
  ["another cluster's key under the same kid", () => sign(claims(), OTHER_KEY), "InvalidIdentityToken", NOT_VALID],
  ["an unknown kid", () => sign(claims(), KEY, { kid: "key-9" }), "InvalidIdentityToken", NO_KEY],
  ["an EC signature against the RSA key", async () => sign(claims(), await signingKey("ES256")), "InvalidIdentityToken", NO_KEY],
  ["a changed payload", async () => tampered(await sign(claims({ sub: "x" }))), "InvalidIdentityToken", NOT_VALID],
  [
    "an unregistered issuer",
    () => sign(claims({ iss: `${ISSUER}X` })),
    "InvalidIdentityToken",
    `No OpenIDConnect provider found in your account for ${ISSUER}X`,
  ],
  [
    "an issuer in other case",
    () => sign(claims({ iss: ISSUER.toLowerCase() })),
    "InvalidIdentityToken",
    /^No OpenIDConnect provider found/,
  ],
  ["an issuer without scheme", () => sign(claims({ iss: ISSUER_PATH })), "InvalidIdentityToken", /^No OpenIDConnect provider found/],
  ["no issuer", () => sign(claims({ iss: undefined })), "InvalidIdentityToken", "Missing a required claim: iss"],
  [
    "expired by a second",
    () => sign(claims({ exp: NOW - 1 })),
    "ExpiredTokenException",
    `Token expired: current date/time ${NOW} must be before the expiration date/time ${NOW - 1}`,
  ],
  ["expiring now", () => sign(claims({ exp: NOW })), "ExpiredTokenException", /^Token expired/],
  ["not before an hour from now", () => sign(claims({ nbf: NOW + 3600 })), "InvalidIdentityToken", NOT_VALID],
  ["issued in the future", () => sign(claims({ iat: NOW + 301 })), "InvalidIdentityToken", NOT_VALID],
  ["no exp", () => sign(claims({ exp: undefined })), "InvalidIdentityToken", "Missing a required claim: exp"],
  ["exp as text", () => sign(claims({ exp: "9999999999" })), "InvalidIdentityToken", "Missing a required claim: exp"],
  [
    "the API server's audience",
    () => sign(claims({ aud: ["https://kubernetes.default.svc"] })),
    "InvalidIdentityToken",
    "Incorrect token audience",
  ],
  ["no audience", () => sign(claims({ aud: undefined })), "InvalidIdentityToken", "Missing a required claim: aud"],
  ["an azp that is no client", () => sign(claims({ azp: "other" })), "InvalidIdentityToken", "Incorrect token audience"],
  ["no subject", () => sign(claims({ sub: undefined })), "InvalidIdentityToken", "Missing a required claim: sub"],
  ["another service account", () => sign(claims({ sub: "system:serviceaccount:apps:other" })), "AccessDenied", NOT_AUTHORIZED],
  ["another namespace", () => sign(claims({ sub: "system:serviceaccount:prod:api" })), "AccessDenied", NOT_AUTHORIZED],
  ["a subject in other case", () => sign(claims({ sub: SUB.toUpperCase() })), "AccessDenied", NOT_AUTHORIZED],
  ["20001 characters", () => "a".repeat(20001), "ValidationError", /^1 validation error detected: Value at 'webIdentityToken' failed/],
];

function tampered(token: string): string {
  const [header, , signature] = token.split(".");
  return [header, Buffer.from(JSON.stringify(claims())).toString("base64url"), signature].join(".");
}

for (const [what, token, code, message] of badTokens) {
  test(`refused: a token with ${what}`, async () => {
    const { assume } = await exchange();
    await assert.rejects(assume(await token()), { code, message });
  });
}

const accepted: [string, object][] = [
  ["the client id second in the audience", { aud: ["other", "sts.amazonaws.com"] }],
  ["a plain audience", { aud: "sts.amazonaws.com" }],
  ["an issuer with a slash at the end", { iss: `${ISSUER}/` }],
  ["an issuer's clock a little ahead", { iat: NOW + 299, nbf: NOW + 299 }],
];

for (const [what, changes] of accepted) {
  test(`accepted: a token with ${what}`, async () => {
    const { assume } = await exchange();
    assert.ok((await assume(await sign(claims(changes)))).Credentials);
  });
}

const condition = (keys: object) => trust({ Federated: PROVIDER }, "sts:AssumeRoleWithWebIdentity", keys);
const trusts: [string, string, "allowed" | "refused"][] = [
  ["the namespace by wildcard", condition({ StringLike: { [`${ISSUER_PATH}:sub`]: "system:serviceaccount:apps:*" } }), "allowed"],
  ["another namespace by wildcard", condition({ StringLike: { [`${ISSUER_PATH}:sub`]: "system:serviceaccount:prod:*" } }), "refused"],
  ["a wildcard without StringLike", condition({ StringEquals: { [`${ISSUER_PATH}:sub`]: "system:serviceaccount:apps:*" } }), "refused"],
  ["keys of another issuer", condition({ StringEquals: { "oidc.eks.us-west-2.amazonaws.com/id/OTHER:sub": SUB } }), "refused"],
  ["no conditions", trust({ Federated: PROVIDER }, "sts:AssumeRoleWithWebIdentity"), "allowed"],
  ["another provider", trust({ Federated: `${PROVIDER}X` }, "sts:AssumeRoleWithWebIdentity"), "refused"],
  ["another action", trust({ Federated: PROVIDER }, "sts:AssumeRole"), "refused"],
  ["an AWS account instead", trust({ AWS: ACCOUNT }, "sts:AssumeRoleWithWebIdentity"), "refused"],
  ["the wrong audience", condition({ StringEquals: { [`${ISSUER_PATH}:aud`]: "vault" } }), "refused"],
  ["the session name", condition({ StringEquals: { "sts:RoleSessionName": "pod" } }), "allowed"],
  ["another session name", condition({ StringEquals: { "sts:RoleSessionName": "other" } }), "refused"],
  [
    "an explicit deny beside",
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Federated: PROVIDER }, Action: "sts:AssumeRoleWithWebIdentity" },
        {
          Effect: "Deny",
          Principal: { Federated: PROVIDER },
          Action: "sts:*",
          Condition: { StringEquals: { [`${ISSUER_PATH}:sub`]: SUB } },
        },
      ],
    }),
    "refused",
  ],
];

for (const [what, trustPolicy, outcome] of trusts) {
  test(`a trust policy with ${what}: ${outcome}`, async () => {
    const { assume } = await exchange({ trust: trustPolicy });
    const answer = assume(await sign(claims()));
    if (outcome === "allowed") assert.ok((await answer).Credentials);
    else await assert.rejects(answer, { code: "AccessDenied", status: 403, message: NOT_AUTHORIZED });
  });
}

const badRequests: [string, object, string, string | RegExp][] = [
  ["a session name of one character", { RoleSessionName: "a" }, "ValidationError", /at 'roleSessionName'.*greater than or equal to 2/],
  ["a session name of 65", { RoleSessionName: "a".repeat(65) }, "ValidationError", /less than or equal to 64/],
  [
    "a session name with a space",
    { RoleSessionName: "a b" },
    "ValidationError",
    "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
  ],
  ["899 seconds", { DurationSeconds: 899 }, "ValidationError", /at 'durationSeconds'/],
  ["43201 seconds", { DurationSeconds: 43201 }, "ValidationError", /at 'durationSeconds'/],
  [
    "more than the role allows",
    { DurationSeconds: 3601 },
    "ValidationError",
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
  ],
  ["a policy that is no JSON", { Policy: "{" }, "MalformedPolicyDocument", /./],
  ["a policy over 2048", { Policy: allow("s3:*").padEnd(2049) }, "ValidationError", /at 'policy'/],
  [
    "eleven policies",
    { PolicyArns: Array(11).fill({ arn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" }) },
    "ValidationError",
    /at 'policyArns'/,
  ],
  ["another account's policy", { PolicyArns: [{ arn: `arn:aws:iam::${OTHER}:policy/p` }] }, "MalformedPolicyDocument", /does not exist/],
  [
    "a policy that does not exist",
    { PolicyArns: [{ arn: `arn:aws:iam::${ACCOUNT}:policy/p` }] },
    "MalformedPolicyDocument",
    /does not exist/,
  ],
  ["a ProviderId", { ProviderId: "www.amazon.com" }, "ValidationError", /ProviderId/],
  ["an ARN that is no role's", { RoleArn: `arn:aws:iam::${ACCOUNT}:user/irsa-x` }, "ValidationError", "Request ARN is invalid"],
  ["a role that does not exist", { RoleArn: `${ROLE}-none` }, "AccessDenied", NOT_AUTHORIZED],
  ["a role name in other case", { RoleArn: ROLE.replace("irsa", "IRSA") }, "AccessDenied", NOT_AUTHORIZED],
  [
    "a role of an account without the provider",
    { RoleArn: `arn:aws:iam::${OTHER}:role/irsa` },
    "InvalidIdentityToken",
    /^No OpenIDConnect provider found/,
  ],
];

for (const [what, changes, code, message] of badRequests) {
  test(`refused: a request with ${what}`, async () => {
    const { assume } = await exchange();
    await assert.rejects(assume(await sign(claims()), changes), { code, message });
  });
}

test("a client id that is removed, a role that is deleted, a provider that is gone: nothing is issued any more", async () => {
  const { assume, iam } = await exchange();
  const token = await sign(claims());
  await iam.run("RemoveClientIDFromOpenIDConnectProvider", { OpenIDConnectProviderArn: PROVIDER, ClientID: "sts.amazonaws.com" });
  await assert.rejects(assume(token), { code: "InvalidIdentityToken", message: "Incorrect token audience" });
  await iam.run("AddClientIDToOpenIDConnectProvider", { OpenIDConnectProviderArn: PROVIDER, ClientID: "sts.amazonaws.com" });
  await assume(token);
  await iam.run("DeleteRolePolicy", { RoleName: "irsa", PolicyName: "p" });
  await iam.run("DeleteRole", { RoleName: "irsa" });
  await assert.rejects(assume(token), { code: "AccessDenied", message: NOT_AUTHORIZED });
  await iam.run("DeleteOpenIDConnectProvider", { OpenIDConnectProviderArn: PROVIDER });
  await assert.rejects(assume(token), { code: "InvalidIdentityToken", message: /^No OpenIDConnect provider found/ });
});

test("the token's checks come before the trust policy, and the trust policy before the session's parts", async () => {
  const { assume } = await exchange();
  await assert.rejects(assume(await sign(claims({ exp: NOW - 1, aud: "x", sub: "y" })), { Policy: "{" }), {
    code: "ExpiredTokenException",
  });
  await assert.rejects(assume(await sign(claims({ aud: "x", sub: "y" })), { Policy: "{" }), { message: "Incorrect token audience" });
  await assert.rejects(assume(await sign(claims({ sub: "y" })), { Policy: "{", DurationSeconds: 43200 }), { code: "AccessDenied" });
  await assert.rejects(assume(await sign(claims()), { Policy: "{", DurationSeconds: 43200 }), { code: "MalformedPolicyDocument" });
});

test("a token's tags and source identity need the trust policy's leave", async () => {
  const extra = claims({
    "https://aws.amazon.com/tags": { principal_tags: { team: ["a"] }, transitive_tag_keys: ["team"] },
    "https://aws.amazon.com/source_identity": "ann",
  });
  const plain = await exchange();
  await assert.rejects(plain.assume(await sign(extra)), { code: "AccessDenied" });
  const all = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"];
  const { assume, callerOf } = await exchange({
    trust: trust({ Federated: PROVIDER }, all, { StringEquals: { "aws:RequestTag/team": "a" } }),
  });
  const answer = await assume(await sign(extra));
  assert.equal(answer.SourceIdentity, "ann");
  const caller = callerOf(answer.Credentials?.AccessKeyId);
  assert.deepEqual(caller.kind === "role-session" && [caller.session.tags, caller.session.transitiveTagKeys], [{ team: "a" }, ["team"]]);
});

test("azp takes the place of aud", async () => {
  const { assume } = await exchange({
    clientIds: ["app"],
    trust: condition({ StringEquals: { [`${ISSUER_PATH}:aud`]: "app", [`${ISSUER_PATH}:oaud`]: "api" } }),
  });
  assert.equal((await assume(await sign(claims({ aud: "api", azp: "app" })))).Audience, "app");
});

test("a cluster's token buys a session in another account that trusts its issuer", async () => {
  const sts = testSts();
  await sts.iam.run("CreateOpenIDConnectProvider", { Url: ISSUER, ClientIDList: ["sts.amazonaws.com"] }, rootOf(OTHER));
  const federated = `arn:aws:iam::${OTHER}:oidc-provider/${ISSUER_PATH}`;
  await sts.iam.run(
    "CreateRole",
    { RoleName: "far", AssumeRolePolicyDocument: trust({ Federated: federated }, "sts:AssumeRoleWithWebIdentity") },
    rootOf(OTHER),
  );
  const input = { RoleArn: `arn:aws:iam::${OTHER}:role/far`, RoleSessionName: "pod", WebIdentityToken: await sign(claims()) };
  assert.equal((await sts.run("AssumeRoleWithWebIdentity", input, ANONYMOUS)).Provider, federated);
});

test("an issuer on a port of this machine is as good as any", async () => {
  const issuer = "https://127.0.0.1:4567/id/X";
  const own = { [issuer]: [KEY.jwk] };
  const iam = testIam({ issuerKeys: { jwks: (asked) => (asked === issuer ? { keys: own[issuer] ?? [] } : undefined) } });
  const federated = `arn:aws:iam::${ACCOUNT}:oidc-provider/127.0.0.1:4567/id/X`;
  const { assume } = await exchange({
    iam,
    own,
    issuer,
    trust: trust({ Federated: federated }, "sts:AssumeRoleWithWebIdentity", { StringEquals: { "127.0.0.1:4567/id/X:sub": SUB } }),
  });
  assert.equal((await assume(await sign(claims({ iss: issuer })))).Provider, federated);
  await assert.rejects(assume(await sign(claims({ iss: issuer, sub: "other" }))), { code: "AccessDenied" });
});
