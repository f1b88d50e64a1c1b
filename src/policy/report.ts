// A decision in words that people and programs can read: for `atoll explain` and the log.
import type { AccessReport, StatementReport } from "../base/access-report.ts";
import type { Decision, DecisionRequest, TraceStep } from "./types.ts";

/** Statements of a report at most; AWS's broadest managed policies have hundreds. */
const MOST = 60;

/** The whole account of a decision. */
export function accessReport(request: DecisionRequest, decision: Decision): AccessReport {
  const { principal, action, resource, context } = request;
  const { allowed, explicit, decidedBy, trace } = decision;
  const statements = trace.filter(isAbout);
  return {
    ...{ principal: principal.arn, action, resource, allowed, explicit, decidedBy },
    statements: statements.slice(0, MOST),
    otherStatements: trace.length - Math.min(statements.length, MOST),
    missingKeys: missingKeys(statements),
    context: Object.fromEntries(
      Object.entries(context).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, Array.isArray(value) ? value : String(value)] as const],
      ),
    ),
  };
}

/** The account without the request's context, for the log: what decided and what almost did. */
export function decisionTrace(request: DecisionRequest, decision: Decision): Omit<AccessReport, "context"> {
  const { context: _, ...rest } = accessReport(request, decision);
  return rest;
}

const isAbout = ({ failed }: TraceStep) => failed !== "Action" && failed !== "NotAction";

function missingKeys(statements: readonly StatementReport[]): string[] {
  const keys = statements.flatMap(({ failed, got }) => {
    const key = /^Condition \S+ (.*)$/s.exec(failed ?? "")?.[1];
    return key !== undefined && got?.length === 0 ? [key] : [];
  });
  return [...new Set(keys)].sort();
}
