// Asks the policy engine whether a caller may do what a requirement says, and words the refusal.
import { parseArn } from "../aws/arn.ts";
import type { Caller } from "../aws/caller.ts";
import { models } from "../aws/models/index.ts";
import type { Wording } from "../aws/models/model.ts";
import { queryWording } from "../aws/models/query-wording.ts";
import type { Requirement } from "../aws/operation.ts";
import { denialMessage } from "../policy/denial-message.ts";
import { evaluate } from "../policy/evaluate.ts";
import type { Decision, DecisionRequest, PrincipalIdentity } from "../policy/types.ts";
import type { Authorizer, IamDirectory, RequestFacts } from "../services/ports.ts";
import type { AuthorizationMessages } from "./authorization-message.ts";
import { globalConditions } from "./global-conditions.ts";

const SERVICE_ALLOWED: Decision = { allowed: true, explicit: false, decidedBy: "identity-based policy", trace: [] };
const wordings = new Map(models.map((model) => [model.actionPrefix, model.wording]));

/** The gateway's {@link Authorizer}. AWS services acting for themselves may do everything; everyone else is decided by policy. */
export class GatewayAuthorizer implements Authorizer {
  readonly #directory: IamDirectory;
  readonly #messages: AuthorizationMessages;

  constructor(directory: IamDirectory, messages: AuthorizationMessages) {
    this.#directory = directory;
    this.#messages = messages;
  }

  decide(caller: Caller, requirement: Requirement, request: RequestFacts): Decision {
    return this.#firstRefusal(caller, requirement, request).decision;
  }

  /** Throws in the words of the action's service, or of `wording`'s where one service asks on behalf of another's operation. */
  require(caller: Caller, requirement: Requirement, request: RequestFacts, wording?: Wording): void {
    const { decision, question } = this.#firstRefusal(caller, requirement, request);
    if (decision.allowed || !question) return;
    const words = wording ?? wordings.get(requirement.action.split(":", 1)[0] as string) ?? queryWording;
    throw words.denied(denialMessage(question, decision), this.#messages.encode(question, decision));
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
