// A trust policy remembers the users and roles it names by unique id, so that one made again under an old name is not trusted.
import type { PolicyDocument } from "../../policy/types.ts";
import { malformedPolicy } from "./errors.ts";
import type { RoleRecord } from "./records.ts";
import type { IamState } from "./state.ts";

/** Named users and roles of a document's principals. Other principals (accounts, services, providers, sessions) stand for themselves. */
function namedPrincipals(document: PolicyDocument): string[] {
  const all = document.statements.flatMap(({ principals, notPrincipals }) =>
    [principals, notPrincipals].flatMap((element) => (element === undefined || element === "*" ? [] : (element.AWS ?? []))),
  );
  return [...new Set(all)].filter((principal) => /^arn:[^:]*:iam::\d{12}:(user|role)\//.test(principal));
}

const find = (state: IamState, arn: string) => (/:role\//.test(arn) ? state.roles.byArn(arn) : state.users.byArn(arn));

/**
 * Unique ids by ARN of the users and roles a trust policy names. Throws MalformedPolicyDocument if one does not exist
 * (`Invalid principal in policy: "AWS":"arn:…"`); accounts this Atoll does not have are not looked into.
 */
export function trustIds(document: PolicyDocument, state: IamState): Record<string, string> {
  const ids: Record<string, string> = {};
  for (const arn of namedPrincipals(document)) {
    const entity = find(state, arn);
    if (entity) ids[arn] = entity.id;
    else if (state.accounts.has(arn.split(":")[4] ?? "")) throw malformedPolicy(`Invalid principal in policy: "AWS":"${arn}"`);
  }
  return ids;
}

/**
 * The trust policy as it reads now: principals that are gone, or were made again, appear as the unique id they had, which matches
 * nobody; renamed users under their new ARN (IAM User Guide, "AWS JSON policy elements: Principal").
 */
export function currentTrust(role: Readonly<RoleRecord>, state: IamState): string {
  const changed = new Map<string, string>();
  for (const [arn, id] of Object.entries(role.trustIds)) {
    if (find(state, arn)?.id === id) continue;
    const renamed = state.users.list(arn.split(":")[4] ?? "").find((user) => user.id === id);
    changed.set(arn, renamed?.arn ?? id);
  }
  return changed.size === 0 ? role.trust : JSON.stringify(replaced(JSON.parse(role.trust), changed));
}

function replaced(document: any, changed: ReadonlyMap<string, string>): unknown {
  for (const statement of [document.Statement].flat()) {
    for (const element of [statement.Principal, statement.NotPrincipal]) {
      if (typeof element !== "object" || element === null || element.AWS === undefined) continue;
      const swap = (arn: string) => changed.get(arn) ?? arn;
      element.AWS = Array.isArray(element.AWS) ? element.AWS.map(swap) : swap(element.AWS);
    }
  }
  return document;
}
