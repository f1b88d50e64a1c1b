// Inline policies of users, groups and roles: the same four operations for each.
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { named, nameIn, onPrincipal, type PrincipalInput } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { encodeDocument } from "./documents.ts";
import { noSuchEntity } from "./errors.ts";
import { checkInlineSize, modifiable } from "./guards.ts";
import { nameConstraint } from "./names.ts";
import { type PageInput, page } from "./paging.ts";
import type { PrincipalRecord } from "./records.ts";
import type { PrincipalKind } from "./state.ts";

interface PolicyInput {
  readonly PolicyName?: string | undefined;
}

function inlineDocument(kind: PrincipalKind, record: PrincipalRecord, policy: string): string {
  const document = Object.hasOwn(record.inline, policy) ? record.inline[policy] : undefined;
  if (document === undefined) throw noSuchEntity(`The ${kind} policy with name ${policy} cannot be found.`);
  return document;
}

function put(kind: PrincipalKind) {
  type In = PrincipalInput & PolicyInput & { PolicyDocument?: string | undefined };
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, deps: IamDeps) {
      const { PolicyName = "", PolicyDocument = "" } = input;
      validate(nameConstraint("policyName", PolicyName));
      const record = modifiable(kind, account, nameOf(input), deps);
      deps.policies.parse(PolicyDocument, "identity");
      const inline = { ...record.inline, [PolicyName]: PolicyDocument };
      checkInlineSize(kind, record.name, Object.values(inline));
      deps.state.principals(kind).put({ ...record, inline });
      return {};
    },
  };
}

function get(kind: PrincipalKind) {
  type In = PrincipalInput & PolicyInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, { state }: IamDeps) {
      const record = state.principals(kind).require(account, nameOf(input) ?? "");
      const PolicyName = input.PolicyName ?? "";
      const document = encodeDocument(inlineDocument(kind, record, PolicyName));
      return { ...named(kind, record.name), PolicyName, PolicyDocument: document };
    },
  };
}

function remove(kind: PrincipalKind) {
  type In = PrincipalInput & PolicyInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, deps: IamDeps) {
      const record = modifiable(kind, account, nameOf(input), deps);
      const PolicyName = input.PolicyName ?? "";
      inlineDocument(kind, record, PolicyName);
      const inline = Object.fromEntries(Object.entries(record.inline).filter(([name]) => name !== PolicyName));
      deps.state.principals(kind).put({ ...record, inline });
      return {};
    },
  };
}

function list(kind: PrincipalKind) {
  type In = PrincipalInput & PageInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, { state }: IamDeps) {
      const record = state.principals(kind).require(account, nameOf(input) ?? "");
      const { items, ...rest } = page(Object.keys(record.inline), (name) => name, input);
      return { PolicyNames: items, ...rest };
    },
  };
}

export const inlinePolicies = {
  PutUserPolicy: put("user"),
  GetUserPolicy: get("user"),
  DeleteUserPolicy: remove("user"),
  ListUserPolicies: list("user"),
  PutGroupPolicy: put("group"),
  GetGroupPolicy: get("group"),
  DeleteGroupPolicy: remove("group"),
  ListGroupPolicies: list("group"),
  PutRolePolicy: put("role"),
  GetRolePolicy: get("role"),
  DeleteRolePolicy: remove("role"),
  ListRolePolicies: list("role"),
} satisfies Operations<Sdk["iam"], IamDeps>;
