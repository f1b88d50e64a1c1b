// Attached managed policies and permissions boundaries of users, groups and roles.
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { nameIn, onPrincipal, type PrincipalInput } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { noSuchEntity, notAttachable, quotaExceeded } from "./errors.ts";
import { checkBoundary, modifiable } from "./guards.ts";
import { prefixConstraint } from "./names.ts";
import { type PageInput, page } from "./paging.ts";
import type { PrincipalKind } from "./state.ts";

interface ArnInput {
  readonly PolicyArn?: string | undefined;
}

const LIMIT = 10;
const QUOTAS = { user: "PoliciesPerUser", group: "PoliciesPerGroup", role: "PoliciesPerRole" } as const;
const policyCondition = (input: ArnInput) => ({ "iam:PolicyARN": input.PolicyArn });

function attach(kind: PrincipalKind) {
  type In = PrincipalInput & ArnInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal<In>(kind, policyCondition),
    run(input: In, { account }: Call, deps: IamDeps) {
      const arn = input.PolicyArn ?? "";
      checkPolicyArn(arn);
      const record = modifiable(kind, account, nameOf(input), deps);
      const policy = deps.policies.requireAttachable(arn, account);
      if (policy.path.startsWith("/aws-service-role/")) {
        throw new AwsError("PolicyNotAttachable", `Cannot attach a Service Role Policy to a Customer Role.`, {}, 400);
      }
      if (record.attached.includes(arn)) return {};
      if (record.attached.length >= LIMIT) throw quotaExceeded(QUOTAS[kind], LIMIT);
      deps.state.principals(kind).put({ ...record, attached: [...record.attached, arn] });
      return {};
    },
  };
}

function detach(kind: PrincipalKind) {
  type In = PrincipalInput & ArnInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal<In>(kind, policyCondition),
    run(input: In, { account }: Call, deps: IamDeps) {
      const arn = input.PolicyArn ?? "";
      checkPolicyArn(arn);
      const record = modifiable(kind, account, nameOf(input), deps);
      if (!record.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
      deps.state.principals(kind).put({ ...record, attached: record.attached.filter((other) => other !== arn) });
      return {};
    },
  };
}

function list(kind: PrincipalKind) {
  type In = PrincipalInput & PageInput & { PathPrefix?: string | undefined };
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, { state, policies }: IamDeps) {
      validate(prefixConstraint(input.PathPrefix));
      const record = state.principals(kind).require(account, nameOf(input) ?? "");
      const attached = record.attached
        .flatMap((arn) => policies.find(arn) ?? [])
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
      const { items, ...rest } = page(attached, ({ arn }) => arn, input);
      return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest };
    },
  };
}

function putBoundary(kind: PrincipalKind) {
  type In = PrincipalInput & { PermissionsBoundary?: string | undefined };
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind, (input: In) => ({ "iam:PermissionsBoundary": input.PermissionsBoundary })),
    run(input: In, { account }: Call, deps: IamDeps) {
      const record = modifiable(kind, account, nameOf(input), deps);
      checkBoundary(input.PermissionsBoundary, account, deps);
      deps.state.principals(kind).put({ ...record, boundary: input.PermissionsBoundary });
      return {};
    },
  };
}

function deleteBoundary(kind: PrincipalKind) {
  type In = PrincipalInput;
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal(kind),
    run(input: In, { account }: Call, deps: IamDeps) {
      const { boundary: _, ...record } = modifiable(kind, account, nameOf(input), deps);
      deps.state.principals(kind).put(record);
      return {};
    },
  };
}

/** Throws ValidationError for text too short to be an ARN, NoSuchEntity for one that is no policy's. */
function checkPolicyArn(arn: string): void {
  validate({ member: "policyArn", value: arn, min: 20, max: 2048 });
  if (!/^arn:[^:]+:iam::(\d{12}|aws):policy\/./.test(arn)) throw notAttachable(arn);
}

export const attachments = {
  AttachUserPolicy: attach("user"),
  DetachUserPolicy: detach("user"),
  ListAttachedUserPolicies: list("user"),
  AttachGroupPolicy: attach("group"),
  DetachGroupPolicy: detach("group"),
  ListAttachedGroupPolicies: list("group"),
  AttachRolePolicy: attach("role"),
  DetachRolePolicy: detach("role"),
  ListAttachedRolePolicies: list("role"),
  PutUserPermissionsBoundary: putBoundary("user"),
  DeleteUserPermissionsBoundary: deleteBoundary("user"),
  PutRolePermissionsBoundary: putBoundary("role"),
  DeleteRolePermissionsBoundary: deleteBoundary("role"),
} satisfies Operations<Sdk["iam"], IamDeps>;
