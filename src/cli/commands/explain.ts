// atoll explain: what AWS would answer to a principal, or how a pod gets its credentials, and why.
import type { AccessReport, AnswerReport, PodReport, PodStep, StatementReport } from "../../base/access-report.ts";
import { CommandError, connect } from "../client.ts";
import { findCluster } from "../find-cluster.ts";
import { type OutputFormat, print } from "../output.ts";
import type { ClusterOptions } from "./token.ts";

/** Flags of `atoll explain access`. */
export interface ExplainAccessOptions {
  readonly dataDir: string;
  readonly output: OutputFormat;
  readonly as: string;
  readonly region?: string;
  readonly condition?: readonly string[];
}

/** Flags of `atoll explain pod`. */
export interface ExplainPodOptions extends ClusterOptions {
  readonly output: OutputFormat;
  readonly cluster?: string;
}

export async function explainAccess(action: string, resource: string, options: ExplainAccessOptions): Promise<void> {
  const { dataDir, output, as, region, condition = [] } = options;
  const query = new URLSearchParams({ as, action, resource, ...(region && { region }) });
  for (const pair of condition) query.append("condition", pair);
  print(output, await connect(dataDir).get<AccessReport>(`explain/access?${query}`), accessText);
}

export async function explainPod(name: string, options: ExplainPodOptions): Promise<void> {
  const [namespace, pod, ...rest] = name.split("/");
  if (!namespace || !pod || rest.length > 0) throw new CommandError(`explain pod takes NAMESPACE/POD, not ${name}`);
  const client = connect(options.dataDir);
  const path = `${await findCluster(client, options)}/explain/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}`;
  print(options.output, await client.get<PodReport>(path), podText);
}

const REASONS: Readonly<Record<string, string>> = { root: "the root user of the account may do everything" };

/** A decision for people. */
export function accessText(report: AccessReport): string {
  const { principal, action, resource, missingKeys, answer } = report;
  return [
    `${principal}\n  ${action}\n  on ${resource}`,
    "",
    verdict(report),
    ...(answer ? [answerText(answer)] : []),
    "",
    ...statementLines(report, ""),
    ...(missingKeys.length > 0
      ? ["", `Condition keys that the request does not have: ${missingKeys.join(", ")} (give them with --condition key=value)`]
      : []),
  ].join("\n");
}

function verdict({ allowed, explicit, decidedBy, action }: AccessReport): string {
  if (allowed) return `ALLOWED by ${REASONS[decidedBy] ?? decidedBy}`;
  return explicit
    ? `DENIED explicitly by ${/^[aeio]/.test(decidedBy) ? "an" : "a"} ${decidedBy}`
    : `DENIED: no ${decidedBy} allows ${action}`;
}

const answerText = ({ status, code, message }: AnswerReport) =>
  `AWS answers ${status === undefined ? "" : `${status} `}${code}: ${message}`;

function statementLines({ statements, otherStatements }: AccessReport, indent: string): string[] {
  const lines = statements.flatMap((statement) => statementText(statement).map((line) => indent + line));
  if (statements.length === 0) lines.push(`${indent}No statement is about this action.`);
  if (otherStatements > 0) lines.push(`${indent}${otherStatements} statements are about other actions.`);
  return lines;
}

function statementText({ policy, kind, statement, sid, effect, matched, failed, wanted, got }: StatementReport): string[] {
  const name = `${kind} ${policy}, statement ${statement}${sid ? ` (${sid})` : ""}`;
  if (matched) return [`* ${effect} by ${name}`];
  const list = (values: readonly string[]) => values.join(", ") || "(the request does not have it)";
  const clause = wanted ? [`    wanted  ${list(wanted)}`, `    got     ${list(got ?? [])}`] : [];
  return [`- ${effect} of ${name} does not apply: ${failed}`, ...clause];
}

const MARKS: Readonly<Record<PodStep["verdict"], string>> = { ok: "ok   ", warns: "note ", fails: "FAILS" };

/** A pod's way for people. */
export function podText({ pod, cluster, steps, session, answer }: PodReport): string {
  const lines = steps.flatMap(({ step, verdict: mark, text, decisions = [] }) => [
    `${MARKS[mark]}  ${step}: ${text}`,
    ...decisions.flatMap((decision) => [
      `         ${decision.action} on ${decision.resource}: ${decision.allowed ? "allowed" : "denied"}`,
      ...statementLines(decision, "           "),
    ]),
  ]);
  const end = answer ? answerText(answer) : session ? `The pod acts as ${session}` : "The pod gets no credentials.";
  return [`Pod ${pod} of ${cluster}`, "", ...lines, "", end].join("\n");
}
