// TokenReview: who a token belongs to, asked through the same authenticators as a request.
import type { ServiceAccountAuthenticator } from "./service-account.ts";
import type { Authenticator, UserInfo } from "./types.ts";

/** Status of a TokenReview for `token`; `audiences` defaults to the API server's own. */
export async function reviewToken(
  serviceAccounts: ServiceAccountAuthenticator,
  others: readonly Authenticator[],
  apiAudiences: readonly string[],
  token: string,
  audiences: readonly string[] | undefined,
): Promise<object> {
  const wanted = audiences?.length ? audiences : apiAudiences;
  const verified = await serviceAccounts.verify(token, wanted);
  if (verified === "invalid")
    return { authenticated: false, error: "[invalid bearer token, token is not valid for any of the audiences or has been invalidated]" };
  if (verified) return { authenticated: true, user: userOf(verified.user), audiences: verified.audiences };
  const common = wanted.filter((each) => apiAudiences.includes(each));
  if (common.length > 0) {
    for (const authenticator of others) {
      const answer = await authenticator.authenticate({ headers: {}, token });
      if (answer === "invalid") break;
      if (answer) return { authenticated: true, user: userOf(answer), audiences: common };
    }
  }
  return { authenticated: false, error: "invalid bearer token" };
}

function userOf({ username, uid, groups, extra }: UserInfo): object {
  const all = groups.includes("system:authenticated") ? groups : [...groups, "system:authenticated"];
  return { username, ...(uid && { uid }), groups: all, ...(extra && { extra }) };
}
