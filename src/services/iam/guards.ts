// Checks several IAM operations share.
import { policySize } from "../../policy/parse.ts";
import type { IamDeps } from "./deps.ts";
import { limitExceeded, noSuchEntity, quotaExceeded, unmodifiable } from "./errors.ts";
import type { PrincipalRecord, RoleRecord } from "./records.ts";
import type { PrincipalKind } from "./state.ts";
import { trustIds } from "./trust-principals.ts";

/** Throws UnmodifiableEntity for a service-linked role: only its service changes it. */
export function refuseServiceLinked(record: PrincipalRecord): void {
  if ((record as Partial<RoleRecord>).linkedService !== undefined) throw unmodifiable(record.name);
}

/** A user, group or role of the account that the caller may change. Throws NoSuchEntity or UnmodifiableEntity. */
export function modifiable(kind: PrincipalKind, account: string, name: string | undefined, { state }: IamDeps): Readonly<PrincipalRecord> {
  const record = state.principals(kind).require(account, name ?? "");
  refuseServiceLinked(record);
  return record;
}

const TRUST_SIZE = 2048;

/** Checks a trust policy and finds whom it names. Throws MalformedPolicyDocument or LimitExceeded. */
export function checkedTrust(text: string, { state, policies }: IamDeps): Pick<RoleRecord, "trust" | "trustIds"> {
  const document = policies.parse(text, "trust");
  if (policySize(text) > TRUST_SIZE) throw quotaExceeded("ACLSizePerRole", TRUST_SIZE);
  return { trust: text, trustIds: trustIds(document, state) };
}

/** A permissions boundary must be a managed policy that exists. Throws NoSuchEntity. */
export function checkBoundary(arn: string | undefined, account: string, { policies }: IamDeps): void {
  if (arn === undefined) return;
  const policy = policies.find(arn);
  if (!policy || (policy.accountId !== "aws" && policy.accountId !== account)) {
    throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
  }
}

const INLINE_SIZES = { user: 2048, group: 5120, role: 10240 } as const;

/** The sum of all inline policies of one principal is limited. Throws LimitExceeded. */
export function checkInlineSize(kind: PrincipalKind, name: string, documents: readonly string[]): void {
  const limit = INLINE_SIZES[kind];
  const size = documents.reduce((sum, text) => sum + policySize(text), 0);
  if (size > limit) throw limitExceeded(`Maximum policy size of ${limit} bytes exceeded for ${kind} ${name}`);
}
