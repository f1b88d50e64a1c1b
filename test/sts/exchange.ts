// A web identity exchange that works, for tests to break in one place at a time.
import { ACCOUNT, allow, trust } from "../iam/support.ts";
import { ANONYMOUS, ISSUER, ISSUER_PATH, type TestStsOptions, testSts } from "./support.ts";

export const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER_PATH}`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/irsa`;
export const NOW = Date.parse("2026-01-01T00:00:00Z") / 1000;
export const SUB = "system:serviceaccount:apps:api";

export const claims = (changes: object = {}) => ({
  iss: ISSUER,
  aud: ["sts.amazonaws.com"],
  sub: SUB,
  iat: NOW,
  nbf: NOW,
  exp: NOW + 3600,
  ...changes,
});

export const IRSA_TRUST = trust({ Federated: PROVIDER }, "sts:AssumeRoleWithWebIdentity", {
  StringEquals: { [`${ISSUER_PATH}:aud`]: "sts.amazonaws.com", [`${ISSUER_PATH}:sub`]: SUB },
});

/** A valid exchange: provider, role, and the request that works. */
export async function exchange(options: TestStsOptions & { trust?: string; issuer?: string; clientIds?: string[] } = {}) {
  const sts = testSts(options);
  await sts.iam.run("CreateOpenIDConnectProvider", {
    Url: options.issuer ?? ISSUER,
    ClientIDList: options.clientIds ?? ["sts.amazonaws.com"],
  });
  await sts.role("irsa", options.trust ?? IRSA_TRUST, allow("s3:*"));
  return {
    ...sts,
    assume: (token: string, more: object = {}) =>
      sts.run("AssumeRoleWithWebIdentity", { RoleArn: ROLE, RoleSessionName: "pod", WebIdentityToken: token, ...more }, ANONYMOUS),
  };
}

/** Texts of refusals. */
export const NOT_VALID = "The web identity token provided could not be validated";
export const NO_KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
