// Policy documents prepared for evaluation, once per document.
import { type ArnTarget, arnTarget, compileArn } from "./arn-match.ts";
import { type CompiledCondition, compileConditions } from "./conditions/condition.ts";
import { RequestContext } from "./context.ts";
import { glob, type Matcher } from "./glob.ts";
import { exemptFromDeny, matchPrincipal, type PrincipalMatch } from "./principal.ts";
import type { DecisionRequest, PolicyDocument, PrincipalIdentity, Statement } from "./types.ts";

/** A request prepared for comparison. */
export interface Question {
  /** In lower case: actions are compared without regard to case. */
  readonly action: string;
  readonly resource: ArnTarget;
  readonly context: RequestContext;
  readonly principal: PrincipalIdentity;
}

export function questionOf(request: DecisionRequest): Question {
  return {
    action: request.action.toLowerCase(),
    resource: arnTarget(request.resource),
    context: new RequestContext(request.context),
    principal: request.principal,
  };
}

/** A statement prepared for comparison. */
export interface CompiledStatement {
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny";
  /** The first element that does not match, or undefined when the statement applies. `Principal` is not looked at here. */
  failure(question: Question): string | undefined;
  /** The ways in which the statement names the caller; empty if not. Statements without Principal name nobody. */
  names(caller: PrincipalIdentity): ReadonlySet<PrincipalMatch>;
}

/** A document's statements by effect. */
export interface CompiledDocument {
  readonly statements: readonly CompiledStatement[];
  readonly denies: readonly CompiledStatement[];
  readonly allows: readonly CompiledStatement[];
}

const compiled = new WeakMap<PolicyDocument, CompiledDocument>();

/** Prepares a document; the result is kept as long as the document lives. */
export function compileDocument(document: PolicyDocument): CompiledDocument {
  let result = compiled.get(document);
  if (!result) {
    const variables = document.version === "2012-10-17";
    const statements = document.statements.map((statement, index) => compileStatement(statement, index, variables));
    result = {
      statements,
      denies: statements.filter(({ effect }) => effect === "Deny"),
      allows: statements.filter(({ effect }) => effect === "Allow"),
    };
    compiled.set(document, result);
  }
  return result;
}

function compileStatement(statement: Statement, index: number, variables: boolean): CompiledStatement {
  const { actions, notActions, resources, notResources } = statement;
  const action = actionList(actions ?? notActions ?? []);
  const resource = resourceList(resources ?? notResources ?? [], variables);
  const conditions: readonly CompiledCondition[] = compileConditions(statement.conditions, variables);
  const actionLabel = actions ? "Action" : "NotAction";
  const resourceLabel = resources ? "Resource" : "NotResource";
  // Trust policies have neither: the resource is the role they hang on.
  const anyResource = !resources && !notResources;
  return {
    index,
    sid: statement.sid,
    effect: statement.effect,
    failure(question) {
      if (action(question.action) !== Boolean(actions)) return actionLabel;
      if (!anyResource && resource(question.resource, question.context) !== Boolean(resources)) return resourceLabel;
      for (const condition of conditions) if (!condition.holds(question.context)) return condition.label;
      return undefined;
    },
    names: (caller) => namesCaller(statement, caller),
  };
}

const NOBODY: ReadonlySet<PrincipalMatch> = new Set();
const EVERYONE: ReadonlySet<PrincipalMatch> = new Set(["everyone"]);

function namesCaller({ effect, principals, notPrincipals }: Statement, caller: PrincipalIdentity): ReadonlySet<PrincipalMatch> {
  if (principals) return matchPrincipal(principals, caller);
  if (!notPrincipals) return NOBODY;
  const exempt = effect === "Deny" ? exemptFromDeny(notPrincipals, caller) : matchPrincipal(notPrincipals, caller).size > 0;
  return exempt ? NOBODY : EVERYONE;
}

function actionList(patterns: readonly string[]): Matcher {
  const literals = new Set<string>();
  const globs: Matcher[] = [];
  for (const pattern of patterns) {
    const folded = pattern.toLowerCase();
    if (/[*?]/.test(folded)) globs.push(glob(folded));
    else literals.add(folded);
  }
  return (action) => literals.has(action) || globs.some((matches) => matches(action));
}

function resourceList(patterns: readonly string[], variables: boolean): (target: ArnTarget, context: RequestContext) => boolean {
  const matchers = patterns.map((pattern) => compileArn(pattern, { variables, variablesIn: "resource-segment", pad: true }));
  return (target, context) => matchers.some((matches) => matches(target, context));
}
