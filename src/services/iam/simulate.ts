// SimulatePrincipalPolicy and SimulateCustomPolicy: what the engine would decide, without doing anything.
import type { ContextEntry, EvaluationResult, SimulateCustomPolicyRequest, Statement } from "@aws-sdk/client-iam";
import type { Call, Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { evaluate } from "../../policy/evaluate.ts";
import type { AttachedPolicy, PrincipalIdentity, PrincipalPolicies, TraceStep } from "../../policy/types.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { invalidInput, noSuchEntity } from "./errors.ts";
import { type PageInput, page } from "./paging.ts";
import { attachedPolicies } from "./principal-policies.ts";
import type { PrincipalKind } from "./state.ts";

type CommonInput = PageInput &
  Pick<SimulateCustomPolicyRequest, "ActionNames" | "ResourceArns" | "ResourcePolicy" | "ResourceOwner" | "ContextEntries">;

function given(texts: readonly string[] | undefined, prefix: string, deps: IamDeps): AttachedPolicy[] {
  return (texts ?? []).map((text, index) => ({ name: `${prefix}.${index + 1}`, document: deps.policies.parse(text, "identity") }));
}

/** Condition keys as given. Throws InvalidInput for an entry without a name. */
function contextOf(entries: readonly ContextEntry[] | undefined): Conditions {
  return Object.fromEntries(
    (entries ?? []).map(({ ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type }) => {
      if (!name) throw invalidInput("A context entry needs a key name.");
      return [name, type?.endsWith("List") || values.length > 1 ? values : (values[0] ?? "")];
    }),
  );
}

/** Condition keys that the statements test and the simulation was not given. */
function missingKeys(policies: PrincipalPolicies, context: Conditions): string[] {
  const known = new Set(Object.keys(context).map((key) => key.toLowerCase()));
  const documents = [...policies.identity, ...(policies.boundary ? [policies.boundary] : [])].map(({ document }) => document);
  const tested = documents.flatMap(({ statements }) =>
    statements.flatMap(({ conditions }) => Object.values(conditions).flatMap(Object.keys)),
  );
  return [...new Set(tested)].filter((key) => !known.has(key.toLowerCase())).sort();
}

function simulate(input: CommonInput, principal: PrincipalIdentity, policies: PrincipalPolicies, deps: IamDeps) {
  validate(...(input.ActionNames ?? []).map((value) => ({ member: "actionNames", value, min: 3, max: 128 })), {
    member: "resourcePolicy",
    value: input.ResourcePolicy,
    min: 1,
    max: 131072,
  });
  if (!input.ActionNames?.length) throw invalidInput("At least one action name is needed.");
  const context = contextOf(input.ContextEntries);
  const resourcePolicy = input.ResourcePolicy
    ? { resourcePolicy: { name: "ResourcePolicy", document: deps.policies.parse(input.ResourcePolicy, "resource") } }
    : {};
  const owner = input.ResourceOwner?.split(":")[4] ?? input.ResourceOwner;
  const missing = missingKeys(policies, context);
  const resources = input.ResourceArns?.length ? input.ResourceArns : ["*"];
  const pairs = input.ActionNames.flatMap((action) => resources.map((resource) => ({ action, resource })));
  const { items, ...rest } = page(
    pairs.map((pair, index) => ({ ...pair, index })),
    ({ index }) => String(index).padStart(8, "0"),
    input,
  );
  const EvaluationResults = items.map(({ action, resource }): EvaluationResult => {
    const decision = evaluate({
      action,
      resource,
      context,
      principal,
      policies,
      ...resourcePolicy,
      ...(owner ? { resourceAccount: owner } : {}),
    });
    const matched = decision.trace.filter((step) => step.matched && (decision.allowed || step.effect === "Deny"));
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: decision.allowed ? "allowed" : decision.explicit ? "explicitDeny" : "implicitDeny",
      MatchedStatements: matched.map(statementView),
      MissingContextValues: missing,
      ...(policies.boundary
        ? {
            PermissionsBoundaryDecisionDetail: {
              AllowedByPermissionsBoundary: decision.allowed || decision.decidedBy !== "permissions boundary",
            },
          }
        : {}),
    };
  });
  return { EvaluationResults, ...rest };
}

/** IAM names the policy and, whatever its model says, calls every identity policy "IAM Policy". */
function statementView({ policy, kind }: TraceStep): Statement {
  const type = kind === "resource-based policy" ? "resource" : ("IAM Policy" as never);
  return { SourcePolicyId: policy.split("/").at(-1), SourcePolicyType: type };
}

/** The user, group or role a policy source ARN names. Throws InvalidInput or NoSuchEntity. */
function sourceOf(arn: string | undefined, call: Call, { state }: IamDeps) {
  const kind = /^arn:[^:]+:iam::\d{12}:(user|group|role)\//.exec(arn ?? "")?.[1] as PrincipalKind | undefined;
  if (!arn || !kind) throw invalidInput(`Invalid Entity Arn: ${arn ?? ""} does not clearly define entity type and name.`);
  const record = state.principals(kind).byArn(arn);
  if (!record || record.accountId !== call.account) throw noSuchEntity(`The ${kind} with name ${arn.split("/").at(-1)} cannot be found.`);
  return { kind, record };
}

const asUser = (accountId: string, arn: string): PrincipalIdentity => ({ kind: "user", accountId, arn });
export const simulation = {
  SimulateCustomPolicy: {
    run(input, call, deps) {
      const identity = given(input.PolicyInputList, "PolicyInputList", deps);
      const [boundary] = given(input.PermissionsBoundaryPolicyInputList, "PermissionsBoundaryPolicyInputList", deps);
      const policies: PrincipalPolicies = { identity, ...(boundary ? { boundary } : {}) };
      const caller = asUser(call.account, input.CallerArn ?? `arn:${call.partition}:iam::${call.account}:user/simulated`);
      return simulate(input, caller, policies, deps);
    },
  },

  SimulatePrincipalPolicy: {
    resource: ({ PolicySourceArn }) => PolicySourceArn ?? "*",
    run(input, call, deps) {
      const { kind, record } = sourceOf(input.PolicySourceArn, call, deps);
      const attached = attachedPolicies(record, deps);
      const groups = kind === "user" ? deps.state.groupsOf(deps.state.users.require(call.account, record.name)) : [];
      const identity = [
        ...attached,
        ...groups.flatMap((group) => attachedPolicies(group, deps)),
        ...given(input.PolicyInputList, "PolicyInputList", deps),
      ];
      const [tested] = given(input.PermissionsBoundaryPolicyInputList, "PermissionsBoundaryPolicyInputList", deps);
      const boundary = tested ?? (record.boundary ? deps.policies.attached(record.boundary) : undefined);
      const caller: PrincipalIdentity =
        kind === "role"
          ? { kind: "role-session", accountId: call.account, arn: record.arn, roleArn: record.arn }
          : asUser(call.account, record.arn);
      return simulate(input, caller, { identity, ...(boundary ? { boundary } : {}) }, deps);
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;
