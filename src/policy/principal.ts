// Matching a request's principal against Principal and NotPrincipal (spec identity §6.2).
import type { PrincipalIdentity, Principals } from "./types.ts";

/** By which kind of entry a Principal element named the caller; what else must allow the request depends on it. */
export type PrincipalMatch = "user" | "session" | "role" | "account" | "service" | "federated" | "everyone";

/** The ways in which `principals` name the caller; empty if they do not. */
export function matchPrincipal(principals: Principals, caller: PrincipalIdentity): ReadonlySet<PrincipalMatch> {
  const found = new Set<PrincipalMatch>();
  if (principals === "*") return found.add("everyone");
  for (const entry of principals.AWS ?? []) {
    const match = matchAwsEntry(entry, caller);
    if (match) found.add(match);
  }
  if (caller.kind === "service" && principals.Service?.includes(caller.arn)) found.add("service");
  if (caller.kind === "web-identity" && principals.Federated?.includes(caller.arn)) found.add("federated");
  return found;
}

/** Whether NotPrincipal exempts the caller from a Deny: every form under which it is known must be listed, the account too. */
export function exemptFromDeny(notPrincipals: Principals, caller: PrincipalIdentity): boolean {
  const listed = matchPrincipal(notPrincipals, caller);
  if (listed.has("everyone")) return true;
  switch (caller.kind) {
    case "user":
      return listed.has("user") && listed.has("account");
    case "role-session":
      return listed.has("session") && listed.has("role") && listed.has("account");
    case "federated":
      return listed.has("session") && listed.has("account");
    default:
      return listed.size > 0;
  }
}

function matchAwsEntry(entry: string, caller: PrincipalIdentity): PrincipalMatch | undefined {
  if (caller.kind === "service" || caller.kind === "web-identity") return undefined;
  if (entry === "*") return "everyone";
  if (caller.kind === "anonymous") return undefined;
  if (entry === caller.accountId || isRootOf(entry, caller.accountId)) return "account";
  if (entry === caller.arn) return caller.kind === "user" ? "user" : "session";
  return caller.kind === "role-session" && entry === caller.roleArn ? "role" : undefined;
}

function isRootOf(entry: string, accountId: string): boolean {
  return entry.startsWith("arn:") && entry.endsWith(`:iam::${accountId}:root`);
}
