// What a request for a session asks for: duration, session policies, tags and the space they take (spec identity §2.4–2.5).
import type { PolicyDescriptorType, Tag } from "@aws-sdk/client-sts";
import type { TagMap } from "../../aws/caller.ts";
import { parsePolicy } from "../../policy/parse.ts";
import type { IamDirectory } from "../ports.ts";
import { type Constraint, validate } from "../validation.ts";
import { invalidParameter, malformedPolicy, packedPolicyTooLarge } from "./errors.ts";

const NAME = "[\\w+=,.@-]*";
const TAG = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";
const PACKED_SPACE = 4096;

/** Role ARN, session name and the members all session requests share. */
export interface SessionInput {
  readonly RoleArn?: string | undefined;
  readonly RoleSessionName?: string | undefined;
  readonly DurationSeconds?: number | undefined;
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined;
}

/** Constraints on those members. `longest` is the operation's maximum duration in seconds. */
export function sessionConstraints(input: SessionInput, longest: number): Constraint[] {
  return [
    { member: "roleArn", value: input.RoleArn, min: 20, max: 2048 },
    { member: "roleSessionName", value: input.RoleSessionName, min: 2, max: 64, pattern: NAME },
    { member: "durationSeconds", value: input.DurationSeconds, min: 900, max: longest },
    { member: "policy", value: input.Policy, min: 1, max: 2048 },
    { member: "policyArns", value: input.PolicyArns, max: 10 },
  ];
}

/** Constraint on a source identity. */
export const sourceIdentityConstraint = (value: string | undefined): Constraint => ({
  member: "sourceIdentity",
  value,
  min: 2,
  max: 64,
  pattern: NAME,
});

/** Session tags as given. Throws ValidationError or InvalidParameterValue. */
export function sessionTags(tags: readonly Tag[] | undefined): TagMap {
  const given = tags ?? [];
  validate(
    { member: "tags", value: given, max: 50 },
    ...given.flatMap(({ Key, Value }, index) => [
      { member: `tags.${index + 1}.member.key`, value: Key ?? "", min: 1, max: 128, pattern: TAG },
      { member: `tags.${index + 1}.member.value`, value: Value, max: 256, pattern: TAG },
    ]),
  );
  const keys = given.map(({ Key }) => (Key ?? "").toLowerCase());
  if (new Set(keys).size < keys.length) throw invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (keys.some((key) => key.startsWith("aws:"))) throw invalidParameter("Tag keys with the prefix aws: are reserved for AWS.");
  return Object.fromEntries(given.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

/** Session policies: inline as text, managed by ARN. */
export interface SessionPolicies {
  readonly policies: readonly string[];
  readonly policyArns: readonly string[];
}

/** Checks session policies; managed ones must be AWS's or the account's. Throws MalformedPolicyDocument. */
export function sessionPolicies({ Policy, PolicyArns = [] }: SessionInput, account: string, directory: IamDirectory): SessionPolicies {
  if (Policy !== undefined) parsePolicy(Policy, "session");
  const policyArns = [...new Set(PolicyArns.map(({ arn }) => arn ?? ""))];
  for (const arn of policyArns) {
    const owner = arn.split(":")[4];
    if ((owner !== "aws" && owner !== account) || !directory.managedPolicy(arn))
      throw malformedPolicy(`Policy ${arn} does not exist or is not attachable.`);
  }
  return { policies: Policy === undefined ? [] : [Policy], policyArns };
}

/**
 * Percentage of a session's space that policies and tags take, or undefined if there are none. AWS's packing is not public; this estimate
 * counts the compact JSON, 40 bytes per managed policy, and each tag. Throws PackedPolicyTooLarge above 100.
 */
export function packedSize({ policies, policyArns }: SessionPolicies, tags: TagMap): number | undefined {
  const entries = Object.entries(tags);
  if (policies.length + policyArns.length + entries.length === 0) return undefined;
  const text = policies.reduce((sum, policy) => sum + Buffer.byteLength(JSON.stringify(JSON.parse(policy))), 0);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value) + 4, text + 40 * policyArns.length);
  const percent = Math.ceil((100 * bytes) / PACKED_SPACE);
  if (percent > 100) throw packedPolicyTooLarge(percent);
  return percent;
}
