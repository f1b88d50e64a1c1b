// Rules on single values that several operations share (spec eks-control-plane §1.4).
import { type ErrorSubject, invalidParameter } from "./errors.ts";

const CLUSTER_NAME = /^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$/;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Cluster names: 1 to 100 letters, digits, hyphens and underscores, beginning with a letter or digit. */
export function checkClusterName(name: string | undefined): string {
  if (!name || !CLUSTER_NAME.test(name)) {
    throw invalidParameter(
      `The cluster name '${name ?? ""}' is not valid: it must satisfy regular expression pattern: ^[0-9A-Za-z][A-Za-z0-9\\-_]* and have 1 to 100 characters`,
      name ? { clusterName: name } : {},
    );
  }
  return name;
}

/** Complaint about a set of tags, or undefined. */
export function tagProblem(tags: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(tags);
  if (entries.length > 50) return "The number of tags must not exceed 50";
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > 128) return `Tag key '${key}' must have 1 to 128 characters`;
    if (value.length > 256) return `The value of tag '${key}' must have at most 256 characters`;
    if (/^aws:/i.test(key)) return `Tag key '${key}' is not valid: aws: prefixed tag keys are reserved for system use`;
    if (!TAG_TEXT.test(key) || !TAG_TEXT.test(value)) return `Tag '${key}' contains characters that are not allowed`;
  }
  return undefined;
}

/** The tags of a create request; throws InvalidParameterException if they break a rule. */
export function checkTags(tags: Readonly<Record<string, string>> | undefined, subject: ErrorSubject): Readonly<Record<string, string>> {
  const problem = tagProblem(tags ?? {});
  if (problem) throw invalidParameter(problem, subject);
  return tags ?? {};
}

/** Drops undefined members, so that records and answers carry only what is there. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** Keeps the first of equal strings, in order. */
export const distinct = (values: readonly string[]): string[] => [...new Set(values)];
