// Which resources and condition keys IAM's own operations are authorized on (Service Authorization Reference, AWS IAM).
import type { Call, Conditions } from "../../aws/operation.ts";
import type { IamDeps } from "./deps.ts";
import { entityArn } from "./names.ts";
import type { PrincipalKind } from "./state.ts";
import { requestTagConditions, resourceTagConditions } from "./tags.ts";

interface NewInput {
  readonly Path?: string | undefined;
  readonly Tags?: TagsInput;
  readonly PermissionsBoundary?: string | undefined;
}

type TagsInput = Parameters<typeof requestTagConditions>[0];

/** Inputs name the principal they are about in one of these members. */
export interface PrincipalInput {
  readonly UserName?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly RoleName?: string | undefined;
}

const MEMBERS = { user: "UserName", group: "GroupName", role: "RoleName" } as const;

/** Reads the name of a kind of principal from an input. */
export const nameIn = (kind: PrincipalKind) => (input: PrincipalInput) => input[MEMBERS[kind]];

/** The one member of an answer that names the principal. */
export function named(kind: PrincipalKind, name: string) {
  return { [MEMBERS[kind]]: name } as Record<"UserName" | "GroupName" | "RoleName", string>;
}

/** ARN of an existing user, group or role; of one without path if there is none. */
export function principalArn(kind: PrincipalKind, name: string | undefined, call: Call, { state }: IamDeps): string {
  return state.principals(kind).find(call.account, name ?? "")?.arn ?? entityArn(call, kind, name ?? "");
}

/** Tags of the principal as condition keys, and `iam:PermissionsBoundary` of the boundary it has. */
export function principalConditions(kind: PrincipalKind, name: string | undefined, call: Call, { state }: IamDeps): Conditions {
  const record = state.principals(kind).find(call.account, name ?? "");
  return { ...resourceTagConditions(record?.tags), "iam:PermissionsBoundary": record?.boundary };
}

/** Authorization of an operation on one principal; spread into the operation. `extra` adds condition keys from the input. */
export function onPrincipal<In extends PrincipalInput>(kind: PrincipalKind, extra?: (input: In) => Conditions) {
  const nameOf = nameIn(kind);
  return {
    resource: (input: In, call: Call, deps: IamDeps) => principalArn(kind, nameOf(input), call, deps),
    conditions: (input: In, call: Call, deps: IamDeps): Conditions => ({
      ...principalConditions(kind, nameOf(input), call, deps),
      ...extra?.(input),
    }),
  };
}

/** Authorization of an operation that makes an entity of a kind. */
export function onNew<In extends NewInput>(kind: string, nameOf: (input: In) => string | undefined) {
  return {
    resource: (input: In, call: Call) => entityArn(call, kind, nameOf(input) ?? "", input.Path ?? "/"),
    conditions: (input: In): Conditions => ({ ...requestTagConditions(input.Tags), "iam:PermissionsBoundary": input.PermissionsBoundary }),
  };
}

/** Resource of a listing: `arn:…:role/` and the path prefix. */
export function onListing(kind: string) {
  return { resource: (input: { PathPrefix?: string | undefined }, call: Call) => entityArn(call, kind, "", input.PathPrefix ?? "/") };
}
