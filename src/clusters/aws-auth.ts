// The aws-auth ConfigMap: kube-system/aws-auth read as aws-iam-authenticator reads it (spec identity §5.4).
import { parse } from "yaml";
import { canonicalArn, withoutPath } from "./canonical-arn.ts";

/** One mapping: who becomes which user in which groups. */
export interface AuthMapping {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The map's three lists, parsed. Keys are canonical ARNs in lower case. */
export interface AwsAuth {
  readonly roles: ReadonlyMap<string, AuthMapping>;
  readonly users: ReadonlyMap<string, AuthMapping>;
  readonly accounts: ReadonlySet<string>;
}

/** Parses the ConfigMap's data. A list that is not valid YAML counts as empty, an entry without its ARN is skipped. */
export function parseAwsAuth(data: Readonly<Record<string, string>> | undefined): AwsAuth {
  return {
    roles: mappings(list(data?.mapRoles), "rolearn"),
    users: mappings(list(data?.mapUsers), "userarn"),
    accounts: new Set(
      list(data?.mapAccounts)
        .filter((id) => typeof id === "string" || typeof id === "number")
        .map(String),
    ),
  };
}

/** Finds a principal by its canonical ARN: roles, then users, then accounts. */
export function lookUp(map: AwsAuth, arn: string, accountId: string): AuthMapping | undefined {
  const key = arn.toLowerCase();
  return map.roles.get(key) ?? map.users.get(key) ?? (map.accounts.has(accountId) ? { username: arn, groups: [] } : undefined);
}

function list(text: string | undefined): unknown[] {
  if (!text) return [];
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, version: "1.1" });
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function mappings(entries: unknown[], arnKey: "rolearn" | "userarn"): Map<string, AuthMapping> {
  const found = new Map<string, AuthMapping>();
  for (const entry of entries) {
    if (typeof entry !== "object" || entry === null) continue;
    const { [arnKey]: arn, username, groups } = entry as Record<string, unknown>;
    const canonical = typeof arn === "string" ? canonicalArn(arn) : undefined;
    if (!canonical) continue;
    // STS names a session's role without its path, so a mapping with a path never matches (EKS User Guide, "aws-auth").
    if (canonical !== withoutPath(canonical)) continue;
    if (found.has(canonical.toLowerCase())) continue;
    found.set(canonical.toLowerCase(), {
      username: typeof username === "string" && username !== "" ? username : canonical,
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : [],
    });
  }
  return found;
}
