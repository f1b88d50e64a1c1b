// What a role's trust policy says about a service, read without evaluating its conditions.
import type { PolicyDocument, Statement } from "../../policy/types.ts";

/**
 * Whether Allow statements of a trust policy name `service` for every one of `actions` (`sts:AssumeRole` …). Conditions are not
 * looked at: their keys are known only when the role is really assumed. A statement that denies the service without conditions counts.
 */
export function trustsService(trust: PolicyDocument, service: string, actions: readonly string[]): boolean {
  const about = trust.statements.filter((statement) => namesService(statement, service));
  const denied = about.filter((statement) => statement.effect === "Deny" && Object.keys(statement.conditions).length === 0);
  return actions.every(
    (action) =>
      about.some((statement) => statement.effect === "Allow" && coversAction(statement, action)) &&
      !denied.some((statement) => coversAction(statement, action)),
  );
}

function namesService(statement: Statement, service: string): boolean {
  const principals = statement.principals;
  if (!principals) return false;
  if (principals === "*") return true;
  return principals.Service?.includes(service) === true;
}

function coversAction(statement: Statement, action: string): boolean {
  if (statement.notActions) return !statement.notActions.some((pattern) => matches(pattern, action));
  return statement.actions?.some((pattern) => matches(pattern, action)) === true;
}

function matches(pattern: string, action: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "i").test(action);
}
