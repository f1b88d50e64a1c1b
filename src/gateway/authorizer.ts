// Asks the policy engine whether a caller may do what a requirement says, and words the refusal.
import { parseArn } from "../aws/arn.ts";
import type { Caller } from "../aws/caller.ts";
import type { AwsError } from "../aws/errors.ts";
import { models } from "../aws/models/index.ts";
import type { Wording } from "../aws/models/model.ts";
import { queryWording } from "../aws/models/query-wording.ts";
import type { Requirement } from "../aws/operation.ts";
import type { AccessReport } from "../base/access-report.ts";
import type { Log } from "../base/log.ts";
import { denialMessage } from "../policy/denial-message.ts";
import { evaluate } from "../policy/evaluate.ts";
import { accessReport, decisionTrace } from "../policy/report.ts";
import type { Decision, DecisionRequest, PrincipalIdentity } from "../policy/types.ts";
import type { AccessExplainer, Authorizer, IamDirectory, RequestFacts } from "../services/ports.ts";
import type { AuthorizationMessages } from "./authorization-message.ts";
import { globalConditions } from "./global-conditions.ts";

const SERVICE_ALLOWED: Decision = { allowed: true, explicit: false, decidedBy: "identity-based policy", trace: [] };
const wordings = new Map(models.map((model) => [model.actionPrefix, model.wording]));

/** The gateway's {@link Authorizer}. AWS services acting for themselves may do everything; everyone else is decided by policy. */
export class GatewayAuthorizer implements Authorizer, AccessExplainer {
  readonly #directory: IamDirectory;
  readonly #messages: AuthorizationMessages;
  readonly #log: Log;

  constructor(directory: IamDirectory, messages: AuthorizationMessages, log: Log) {
    this.#directory = directory;
    this.#messages = messages;
    this.#log = log;
  }

  decide(caller: Caller, requirement: Requirement, request: RequestFacts): Decision {
    return this.#firstRefusal(caller, requirement, request).decision;
  }

  /** Throws in the words of the action's service, or of `wording`'s where one service asks on behalf of another's operation. */
  require(caller: Caller, requirement: Requirement, request: RequestFacts, wording?: Wording): void {
    const { decision, question } = this.#firstRefusal(caller, requirement, request);
    if (decision.allowed || !question) return;
    this.#log.info({ requestId: request.requestId, denied: decisionTrace(question, decision) }, "access denied");
    throw this.#refusal(question, decision, wording);
  }

  explain(caller: Caller, requirement: Requirement, request: RequestFacts): AccessReport {
    const { decision, question } = this.#firstRefusal(caller, requirement, request);
    if (!question) {
      const { action, resources } = requirement;
      const settled = { allowed: true, explicit: false, decidedBy: "AWS service", statements: [], otherStatements: 0 };
      return { principal: caller.arn, action, resource: resources[0] ?? "*", ...settled, missingKeys: [], context: {} };
    }
    const report = accessReport(question, decision);
    if (decision.allowed) return report;
    const { code, message, status } = this.#refusal(question, decision);
    return { ...report, answer: { code, message, ...(status !== undefined && { status }) } };
  }

  #refusal(question: DecisionRequest, decision: Decision, wording?: Wording): AwsError {
    const words = wording ?? wordings.get(question.action.split(":", 1)[0]?.toLowerCase() as string) ?? queryWording;
    return words.denied(denialMessage(question, decision), this.#messages.encode(question, decision));
  }

  // The first resource that is refused, or the last one.
  #firstRefusal(caller: Caller, requirement: Requirement, request: RequestFacts): { decision: Decision; question?: DecisionRequest } {
    if (caller.kind === "service") return { decision: SERVICE_ALLOWED };
    const conditions = { ...globalConditions(caller, request, this.#directory), ...request.conditions, ...requirement.conditions };
    const policies = this.#directory.policies(caller);
    const principal = identityOf(caller);
    let answer: { decision: Decision; question: DecisionRequest } | undefined;
    for (const resource of requirement.resources.length > 0 ? requirement.resources : ["*"]) {
      const owner = parseArn(resource)?.account ?? "";
      const resourceAccount = /^\d{12}$/.test(owner) ? owner : caller.accountId;
      const context = { ...conditions, "aws:ResourceAccount": resourceAccount };
      const question: DecisionRequest = { action: requirement.action, resource, context, principal, policies, resourceAccount };
      answer = { decision: evaluate(question), question };
      if (!answer.decision.allowed) break;
    }
    return answer as { decision: Decision; question: DecisionRequest };
  }
}

function identityOf(caller: Caller): PrincipalIdentity {
  const { kind, accountId, arn } = caller;
  return { kind, accountId, arn, ...(caller.kind === "role-session" && { roleArn: caller.roleArn }) };
}
