// Names, paths and ARNs of IAM entities (IAM API Reference; spec identity §0.1).
import type { Call } from "../../aws/operation.ts";
import { type Constraint, validate } from "../validation.ts";

const NAME = "[\\w+=,.@-]+";

/** Constraint on an entity's or policy's name; `max` is 64 for roles and users, 128 elsewhere. */
export const nameConstraint = (member: string, value: string | undefined, max = 128): Constraint => ({
  member,
  value,
  min: 1,
  max,
  pattern: NAME,
});

/** Constraint on a path: begins and ends with a slash, at most 512 characters. */
export const pathConstraint = (value: string | undefined, member = "path"): Constraint => ({
  member,
  value,
  min: 1,
  max: 512,
  pattern: "(/)|(/[!-~]+/)",
});

/** Constraint on a path prefix: begins with a slash and need not end with one. */
export const prefixConstraint = (value: string | undefined): Constraint => ({
  member: "pathPrefix",
  value,
  min: 1,
  max: 512,
  pattern: "\\u002F[\\u0021-\\u007E]*",
});

/** Throws ValidationError unless name and path are well-formed. */
export function checkName(member: string, name: string | undefined, path?: string, max = 128): void {
  validate(nameConstraint(member, name, max), pathConstraint(path));
}

/** `arn:aws:iam::A:role/path/NAME`. `kind` is the ARN's word: role, user, group, policy, instance-profile. */
export function entityArn(call: Pick<Call, "partition" | "account">, kind: string, name: string, path = "/"): string {
  return `arn:${call.partition}:iam::${call.account}:${kind}${path}${name}`;
}

/** Now, on a whole second, as IAM keeps times. */
export const wholeSecond = (now: number) => Math.floor(now / 1000) * 1000;
