// Who `--as` names: access keys, users, roles, sessions, accounts, services and OIDC providers.
import { parseArn } from "../../aws/arn.ts";
import type { Caller } from "../../aws/caller.ts";
import type { CredentialSource, IamDirectory, SessionIssuer } from "../../services/ports.ts";

/** What names are looked up in. */
export interface PrincipalSources {
  readonly partition: string;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  readonly credentials: CredentialSource;
  /** The newest living session with that ARN. */
  sessionByArn(arn: string): Caller | undefined;
}

/** The question cannot be answered as it was put; the message says what to change. */
export class ExplainError extends Error {}

/** A principal as a caller, or the ARN of an OIDC provider. */
export type Named = Caller | string;

/** Name of sessions made up for a role that was named without one. */
const SESSION = "explain";

/**
 * Reads `AKIA…`/`ASIA…`, an account id, `arn:aws:iam::A:{root,user/…,role/…,oidc-provider/…}`, `arn:aws:sts::A:assumed-role/ROLE/SESSION` or a
 * service principal. `conditions` give a service its aws:SourceArn and aws:SourceAccount. Throws ExplainError.
 */
export function principalNamed(text: string, conditions: Readonly<Record<string, unknown>>, sources: PrincipalSources): Named {
  if (/^A(KIA|SIA)[A-Z2-7]{16}$/.test(text)) {
    const found = sources.credentials.credential(text);
    if (!found) throw new ExplainError(`Nobody has the access key ${text}.`);
    return found.caller;
  }
  if (/^\d{12}$/.test(text)) return rootOf(text, sources);
  if (/^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(text)) return serviceOf(text, conditions, sources);
  const arn = parseArn(text);
  if (!arn) {
    throw new ExplainError(
      `${text} names no principal; give the ARN of a user, role, session or OIDC provider, an account id, an access key id, or a service such as pods.eks.amazonaws.com`,
    );
  }
  return byArn(text, arn, sources);
}

function byArn(
  text: string,
  { service, account, resource }: { service: string; account: string; resource: string },
  sources: PrincipalSources,
): Named {
  const { directory, sessions } = sources;
  const [kind = "", ...path] = resource.split("/");
  const name = path.at(-1) ?? "";
  if (service === "iam" && resource === "root") return rootOf(account, sources);
  if (service === "iam" && kind === "user") {
    const user = directory.user(account, name);
    if (user?.arn !== text) throw new ExplainError(`There is no user ${text}.`);
    return { kind: "user", partition: sources.partition, accountId: account, arn: user.arn, userId: user.id, userName: name };
  }
  if (service === "iam" && kind === "role") {
    const role = directory.role(text);
    if (!role) throw new ExplainError(`There is no role ${text}.`);
    return sessions.callerFor(role, SESSION);
  }
  if (service === "iam" && kind === "oidc-provider") return text;
  if (service === "sts" && kind === "assumed-role") {
    const living = sources.sessionByArn(text);
    if (living) return living;
    const role = directory.roleByName(account, path[0] ?? "");
    if (!role) throw new ExplainError(`There is no role ${path[0]} in account ${account}.`);
    return sessions.callerFor(role, path[1] || SESSION);
  }
  if (service === "sts" && kind === "federated-user") {
    const living = sources.sessionByArn(text);
    if (living) return living;
  }
  throw new ExplainError(`There is no principal ${text}.`);
}

function rootOf(account: string, { partition, directory }: PrincipalSources): Caller {
  if (!directory.hasAccount(account)) throw new ExplainError(`There is no account ${account}.`);
  return { kind: "root", partition, accountId: account, arn: `arn:${partition}:iam::${account}:root`, userId: account };
}

function serviceOf(service: string, conditions: Readonly<Record<string, unknown>>, { partition }: PrincipalSources): Caller {
  const given = (key: string) => {
    const found = Object.entries(conditions).find(([name]) => name.toLowerCase() === key);
    return typeof found?.[1] === "string" ? found[1] : undefined;
  };
  const sourceArn = given("aws:sourcearn");
  const sourceAccount = given("aws:sourceaccount");
  return {
    ...{ kind: "service", service, partition, accountId: "", arn: service, userId: service },
    ...(sourceArn !== undefined && { sourceArn }),
    ...(sourceAccount !== undefined && { sourceAccount }),
  };
}
