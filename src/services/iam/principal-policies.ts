// The permissions policies that hang on one user, group or role itself.
import type { AttachedPolicy } from "../../policy/types.ts";
import type { IamDeps } from "./deps.ts";
import type { PrincipalRecord } from "./records.ts";

/** Inline policies, then attached managed ones. */
export function attachedPolicies(record: PrincipalRecord, { policies }: Pick<IamDeps, "policies">): AttachedPolicy[] {
  return [
    ...Object.entries(record.inline).map(([name, text]) => ({ name, document: policies.parse(text, "identity") })),
    ...record.attached.flatMap((arn) => policies.attached(arn) ?? []),
  ];
}
