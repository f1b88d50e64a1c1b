// The decision algorithm, rule by rule (spec identity §6.4).
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../src/policy/evaluate.ts";
import type { AttachedPolicy, DecidedBy, DecisionRequest, PrincipalIdentity } from "../../src/policy/types.ts";
import {
  ACCOUNT,
  allow,
  anonymous,
  aws,
  cluster,
  deny,
  OTHER,
  policy,
  request,
  role,
  root,
  session,
  trust,
  user,
  webIdentity,
} from "./policies.ts";

const all = policy(allow("*"));
const none: AttachedPolicy = policy(allow("s3:ListBucket"));
const denyAll = policy(deny("*"));
const dev = cluster("dev");

function check(name: string, asked: DecisionRequest, expected: "allow" | "implicit" | "explicit", decidedBy: DecidedBy): void {
  test(name, () => {
    const { allowed, explicit, decidedBy: by } = evaluate(asked);
    assert.deepEqual({ outcome: allowed ? "allow" : explicit ? "explicit" : "implicit", by }, { outcome: expected, by: decidedBy });
  });
}

const ask = (policies: Partial<DecisionRequest["policies"]>, rest: Partial<DecisionRequest> = {}) =>
  request("eks:DescribeCluster", dev, { ...rest, policies: { identity: [], ...policies } });

check("nothing allows", ask({}), "implicit", "identity-based policy");
check("identity allows", ask({ identity: [all] }), "allow", "identity-based policy");
check("identity denies", ask({ identity: [all, denyAll] }), "explicit", "identity-based policy");
check("deny before allow in the list", ask({ identity: [denyAll, all] }), "explicit", "identity-based policy");
check("root is allowed", ask({}, { principal: root() }), "allow", "root");
check("root of another account is not", ask({}, { principal: root(OTHER), resourceAccount: ACCOUNT }), "implicit", "resource-based policy");
check("boundary narrows", ask({ identity: [all], boundary: none }), "implicit", "permissions boundary");
check("boundary alone gives nothing", ask({ boundary: all }), "implicit", "identity-based policy");
check("boundary denies", ask({ identity: [all], boundary: denyAll }), "explicit", "permissions boundary");
check("session narrows", ask({ identity: [all], session: [none] }, { principal: session() }), "implicit", "session policy");
check(
  "session policies add up",
  ask({ identity: [all], session: [none, all] }, { principal: session() }),
  "allow",
  "identity-based policy",
);
check("session alone gives nothing", ask({ session: [all] }, { principal: session() }), "implicit", "identity-based policy");
check("session denies", ask({ identity: [all], session: [all, denyAll] }), "explicit", "session policy");
check(
  "every level of an organization must allow",
  ask({ identity: [all], serviceControl: [[all], [none]] }),
  "implicit",
  "service control policy",
);
check("organization allows", ask({ identity: [all], serviceControl: [[all], [none, all]] }), "allow", "identity-based policy");
check("a level without policies allows nothing", ask({ identity: [all], serviceControl: [[]] }), "implicit", "service control policy");
check("organization binds root", ask({ serviceControl: [[denyAll, all]] }, { principal: root() }), "explicit", "service control policy");
check(
  "organization does not bind service-linked roles",
  ask(
    { identity: [all], serviceControl: [[denyAll]] },
    { principal: session("aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS") },
  ),
  "allow",
  "identity-based policy",
);
check(
  "an explicit deny of the organization is named first",
  ask({ identity: [denyAll], serviceControl: [[denyAll]] }),
  "explicit",
  "service control policy",
);
check("identity lacking is named before the boundary", ask({ boundary: none }), "implicit", "identity-based policy");

// Resource-based policies
const resourcePolicy = (Principal: unknown, effect = "Allow") =>
  policy({ Effect: effect, Principal, Action: "eks:*", Resource: "*" }, "resource");
const resource = (
  Principal: unknown,
  principal: PrincipalIdentity,
  policies: Partial<DecisionRequest["policies"]> = {},
  resourceAccount = ACCOUNT,
) => ask(policies, { principal, resourcePolicy: resourcePolicy(Principal), resourceAccount });

check("a named user needs nothing else", resource({ AWS: user().arn }, user(), { boundary: none }), "allow", "resource-based policy");
check("another user is not named", resource({ AWS: user("bob").arn }, user()), "implicit", "identity-based policy");
check(
  "a named session is not limited",
  resource({ AWS: session().arn }, session(), { boundary: none, session: [none] }),
  "allow",
  "resource-based policy",
);
check("a named role needs no identity policy", resource({ AWS: role("dev") }, session()), "allow", "resource-based policy");
check(
  "a named role is limited by its boundary",
  resource({ AWS: role("dev") }, session(), { boundary: none }),
  "implicit",
  "permissions boundary",
);
check(
  "a named role is limited by the session",
  resource({ AWS: role("dev") }, session(), { session: [none] }),
  "implicit",
  "session policy",
);
check("a named account delegates only", resource({ AWS: ACCOUNT }, user()), "implicit", "identity-based policy");
check("a named account with identity", resource({ AWS: ACCOUNT }, user(), { identity: [all] }), "allow", "identity-based policy");
check("the root ARN is the account", resource({ AWS: root().arn }, session(), { identity: [all] }), "allow", "identity-based policy");
check("everyone", resource("*", user()), "allow", "resource-based policy");
check("everyone, limited by the boundary", resource({ AWS: "*" }, user(), { boundary: none }), "implicit", "permissions boundary");
check("everyone is anonymous too", resource("*", anonymous), "allow", "resource-based policy");
check("anonymous is no account", resource({ AWS: ACCOUNT }, anonymous), "implicit", "identity-based policy");
check("a named service", resource({ Service: "eks.amazonaws.com" }, aws("eks.amazonaws.com")), "allow", "resource-based policy");
check("another service", resource({ Service: "eks.amazonaws.com" }, aws("ec2.amazonaws.com")), "implicit", "identity-based policy");
check("AWS * does not name services", resource({ AWS: "*" }, aws("ec2.amazonaws.com")), "implicit", "identity-based policy");
check(
  "a service name is not an AWS principal",
  resource({ Service: "x.amazonaws.com" }, { ...user(), arn: "x.amazonaws.com" }),
  "implicit",
  "identity-based policy",
);
check("cross-account: both", resource({ AWS: OTHER }, user("x", OTHER), { identity: [all] }), "allow", "identity-based policy");
check(
  "cross-account: a named user needs identity too",
  resource({ AWS: user("x", OTHER).arn }, user("x", OTHER)),
  "implicit",
  "identity-based policy",
);
check(
  "cross-account: a named role needs identity too",
  resource({ AWS: role("r", OTHER) }, session("r", "s", OTHER)),
  "implicit",
  "identity-based policy",
);
check("cross-account: everyone needs identity too", resource("*", user("x", OTHER)), "implicit", "identity-based policy");
check(
  "cross-account: identity alone",
  ask({ identity: [all] }, { principal: user("x", OTHER), resourceAccount: ACCOUNT }),
  "implicit",
  "resource-based policy",
);
check("cross-account: root with a resource policy", resource({ AWS: OTHER }, root(OTHER)), "allow", "root");
check(
  "cross-account: boundary still limits",
  resource({ AWS: OTHER }, user("x", OTHER), { identity: [all], boundary: none }),
  "implicit",
  "permissions boundary",
);
check(
  "a resource policy denies",
  ask({ identity: [all] }, { resourcePolicy: resourcePolicy({ AWS: ACCOUNT }, "Deny") }),
  "explicit",
  "resource-based policy",
);
check(
  "a resource policy denies root",
  ask({}, { principal: root(), resourcePolicy: resourcePolicy("*", "Deny") }),
  "explicit",
  "resource-based policy",
);
check(
  "a deny for someone else does not count",
  ask({ identity: [all] }, { resourcePolicy: resourcePolicy({ AWS: user("bob").arn }, "Deny") }),
  "allow",
  "identity-based policy",
);
const key = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
const keyPolicy = policy({ Effect: "Allow", Principal: { AWS: user("bob").arn }, Action: "kms:*", Resource: "*" }, "resource");
check(
  "a key policy is needed even in the same account",
  request("kms:Decrypt", key, { identity: [all], resourcePolicy: keyPolicy }),
  "implicit",
  "resource-based policy",
);
check("a key without a known policy is the account's", request("kms:Decrypt", key, { identity: [all] }), "allow", "identity-based policy");

// NotPrincipal with Deny: exempt only if every form of the caller is listed
const notPrincipal = (list: string[], principal: PrincipalIdentity) =>
  ask(
    { identity: [all] },
    {
      principal,
      resourcePolicy: policy({ Effect: "Deny", NotPrincipal: { AWS: list }, Action: "*", Resource: "*" }, "resource"),
    },
  );
check(
  "NotPrincipal exempts a listed session",
  notPrincipal([session().arn, role("dev"), ACCOUNT], session()),
  "allow",
  "identity-based policy",
);
for (const missing of [0, 1, 2]) {
  const list = [session().arn, role("dev"), root().arn].filter((_, index) => index !== missing);
  check(`NotPrincipal without form ${missing} denies`, notPrincipal(list, session()), "explicit", "resource-based policy");
}
check("NotPrincipal exempts a listed user", notPrincipal([user().arn, ACCOUNT], user()), "allow", "identity-based policy");
check("NotPrincipal denies an unlisted user", notPrincipal([user("bob").arn, ACCOUNT], user()), "explicit", "resource-based policy");

// Role trust
const assume = (
  resourcePolicyOfRole: AttachedPolicy | undefined,
  principal: PrincipalIdentity,
  policies: Partial<DecisionRequest["policies"]> = {},
  action = "sts:AssumeRole",
) =>
  request(action, role("target"), {
    principal,
    policies: { identity: [], ...policies },
    resourceAccount: ACCOUNT,
    ...(resourcePolicyOfRole && { resourcePolicy: resourcePolicyOfRole }),
  });
const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABC`;

check("trust in the account, no identity", assume(trust({ AWS: root().arn }), user()), "implicit", "identity-based policy");
check(
  "trust in the account and identity",
  assume(trust({ AWS: root().arn }), user(), { identity: [all] }),
  "allow",
  "identity-based policy",
);
check("trust in the user", assume(trust({ AWS: user().arn }), user()), "allow", "role trust policy");
check(
  "identity without trust",
  assume(trust({ Service: "ec2.amazonaws.com" }), user(), { identity: [all] }),
  "implicit",
  "role trust policy",
);
check("identity without any trust policy", assume(undefined, user(), { identity: [all] }), "implicit", "role trust policy");
check("root without trust", assume(trust({ Service: "ec2.amazonaws.com" }), root()), "implicit", "role trust policy");
check(
  "a role does not trust itself",
  assume(trust({ Service: "ec2.amazonaws.com" }), session("target"), { identity: [all] }),
  "implicit",
  "role trust policy",
);
check(
  "trust for another action",
  assume(trust({ AWS: user().arn }, "sts:TagSession"), user(), { identity: [all] }),
  "implicit",
  "role trust policy",
);
check(
  "trust in a service",
  assume(trust({ Service: "pods.eks.amazonaws.com" }), aws("pods.eks.amazonaws.com")),
  "allow",
  "role trust policy",
);
check(
  "trust in another service",
  assume(trust({ Service: "ec2.amazonaws.com" }), aws("pods.eks.amazonaws.com")),
  "implicit",
  "role trust policy",
);
check(
  "trust in a provider",
  assume(trust({ Federated: provider }, "sts:AssumeRoleWithWebIdentity"), webIdentity(provider), {}, "sts:AssumeRoleWithWebIdentity"),
  "allow",
  "role trust policy",
);
check(
  "trust in another provider",
  assume(trust({ Federated: `${provider}D` }, "sts:AssumeRoleWithWebIdentity"), webIdentity(provider), {}, "sts:AssumeRoleWithWebIdentity"),
  "implicit",
  "role trust policy",
);
check(
  "trust in a provider for AssumeRole only",
  assume(trust({ Federated: provider }), webIdentity(provider), {}, "sts:AssumeRoleWithWebIdentity"),
  "implicit",
  "role trust policy",
);
check(
  "AWS * is no web identity",
  assume(trust({ AWS: "*" }, "sts:*"), webIdentity(provider), {}, "sts:AssumeRoleWithWebIdentity"),
  "implicit",
  "role trust policy",
);
check(
  "trust denies",
  assume(
    policy(
      [
        { Effect: "Allow", Principal: "*", Action: "sts:*" },
        { Effect: "Deny", Principal: { AWS: user().arn }, Action: "sts:AssumeRole" },
      ],
      "trust",
    ),
    user(),
    { identity: [all] },
  ),
  "explicit",
  "role trust policy",
);
check(
  "cross-account: trust and identity",
  assume(trust({ AWS: OTHER }), user("x", OTHER), { identity: [all] }),
  "allow",
  "identity-based policy",
);
check(
  "cross-account: identity, no trust",
  assume(trust({ AWS: ACCOUNT }), user("x", OTHER), { identity: [all] }),
  "implicit",
  "role trust policy",
);
check("cross-account: trust, no identity", assume(trust({ AWS: OTHER }), user("x", OTHER)), "implicit", "identity-based policy");
check(
  "a deleted role's unique id names nobody",
  assume(trust({ AWS: "AROAABCDEFGHIJKLMNOPQ" }), session("target"), { identity: [all] }),
  "implicit",
  "role trust policy",
);

test("the trace names every statement and what kept it from matching", () => {
  const { trace } = evaluate(
    request("eks:DescribeCluster", dev, {
      context: { "aws:RequestTag/x": "1" },
      policies: {
        identity: [
          {
            ...policy([
              { ...allow("s3:*"), Sid: "Other" },
              allow("eks:*", cluster("prod")),
              allow("eks:*", dev, { StringEquals: { "aws:RequestTag/x": "2" } }),
              { Effect: "Allow", NotAction: "s3:*", NotResource: "*" },
              allow("eks:*"),
            ]),
            arn: "arn:aws:iam::aws:policy/P",
          },
        ],
      },
      resourcePolicy: resourcePolicy({ AWS: user("bob").arn }),
    }),
  );
  assert.deepEqual(
    trace.map(({ policy: name, kind, statement, sid, failed, matched }) => [name, kind, statement, sid, failed, matched]),
    [
      ["resource", "resource-based policy", 0, undefined, "Principal", false],
      ["arn:aws:iam::aws:policy/P", "identity-based policy", 0, "Other", "Action", false],
      ["arn:aws:iam::aws:policy/P", "identity-based policy", 1, undefined, "Resource", false],
      ["arn:aws:iam::aws:policy/P", "identity-based policy", 2, undefined, "Condition StringEquals aws:RequestTag/x", false],
      ["arn:aws:iam::aws:policy/P", "identity-based policy", 3, undefined, "NotResource", false],
      ["arn:aws:iam::aws:policy/P", "identity-based policy", 4, undefined, undefined, true],
    ],
  );
});
