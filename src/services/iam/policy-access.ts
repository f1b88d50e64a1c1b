// Finding and authorizing managed policies by ARN.
import type { Call } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { noSuchEntity } from "./errors.ts";
import type { PolicyRecord } from "./records.ts";
import { resourceTagConditions } from "./tags.ts";

interface ArnInput {
  readonly PolicyArn?: string | undefined;
}

/** Authorization on the policy an ARN names. */
export const onPolicy = {
  resource: ({ PolicyArn }: ArnInput) => PolicyArn ?? "*",
  conditions: ({ PolicyArn = "" }: ArnInput, _: Call, { policies }: IamDeps) => resourceTagConditions(policies.find(PolicyArn)?.tags),
};

/** A policy of the account or of AWS. Throws ValidationError or NoSuchEntity. */
export function requirePolicy({ PolicyArn: arn = "" }: ArnInput, { account }: Call, { policies }: IamDeps): Readonly<PolicyRecord> {
  validate({ member: "policyArn", value: arn, min: 20, max: 2048 });
  const policy = policies.find(arn);
  if (!policy || (policy.accountId !== "aws" && policy.accountId !== account)) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** A policy the customer may change; AWS managed ones are not found for this purpose. Throws NoSuchEntity. */
export function requireCustomerPolicy(input: ArnInput, call: Call, deps: IamDeps): Readonly<PolicyRecord> {
  const policy = requirePolicy(input, call, deps);
  if (policy.accountId === "aws") throw noSuchEntity(`Policy ${policy.arn} does not exist or is not attachable.`);
  return policy;
}
