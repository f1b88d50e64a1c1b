// `atoll explain access`: what IAM would say to a principal, an action and a resource, and why.
import type { Conditions } from "../../aws/operation.ts";
import type { AccessReport } from "../../base/access-report.ts";
import type { Clock } from "../../base/clock.ts";
import type { AccessExplainer, RequestFacts, RoleRehearsal } from "../../services/ports.ts";
import { ExplainError, type PrincipalSources, principalNamed } from "./principal.ts";

/** What decisions are asked of. */
export interface AccessSources extends PrincipalSources {
  readonly clock: Clock;
  readonly explainer: AccessExplainer;
  readonly rehearsal: RoleRehearsal;
}

/** A question. */
export interface AccessQuestion {
  /** See {@link principalNamed}. */
  readonly as: string;
  /** `eks:DescribeCluster`. */
  readonly action: string;
  /** ARN, or `*`. */
  readonly resource: string;
  /** `key=value`; a key given several times has several values. */
  readonly conditions: readonly string[];
  readonly region: string;
}

const ROLE = /^arn:[^:]*:iam::\d{12}:role\/./;

/** The decision with everything that led to it. Throws ExplainError. */
export function explainAccess({ as, action, resource, conditions, region }: AccessQuestion, sources: AccessSources): AccessReport {
  if (!/^[A-Za-z0-9-]+:[A-Za-z0-9]+$/.test(action)) throw new ExplainError(`${action} is not an action; write it as eks:DescribeCluster`);
  if (resource !== "*" && !/^arn:([^:]*:){4}./.test(resource)) throw new ExplainError(`${resource} is neither an ARN nor *`);
  const given = readConditions(conditions);
  const who = principalNamed(as, given, sources);
  const facts: RequestFacts = {
    ...{ requestId: "explain", region, sourceIp: "127.0.0.1", userAgent: "atoll explain", now: sources.clock.now(), secureTransport: true },
    conditions: given,
  };
  if (/^sts:/i.test(action) && ROLE.test(resource)) return sources.rehearsal.trust(who, action, resource, facts);
  if (typeof who === "string") throw new ExplainError("An OIDC provider can only be asked about sts:AssumeRoleWithWebIdentity on a role.");
  return sources.explainer.explain(who, { action, resources: [resource], conditions: given }, facts);
}

/** `key=value` pairs as condition keys. Throws ExplainError. */
export function readConditions(pairs: readonly string[]): Conditions {
  const found = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new ExplainError(`${pair} is not a condition; write it as key=value`);
    const key = pair.slice(0, at);
    found.set(key, [...(found.get(key) ?? []), pair.slice(at + 1)]);
  }
  return Object.fromEntries([...found].map(([key, values]) => [key, values.length === 1 ? (values[0] as string) : values]));
}
