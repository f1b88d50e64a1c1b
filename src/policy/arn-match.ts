// Comparing ARNs segment by segment, as Resource elements and Arn condition operators do.
import type { RequestContext } from "./context.ts";
import { compileTemplate, type TemplateMatcher } from "./template.ts";

/** Splits at the first five colons; a colon inside `${…}` does not count. Fewer segments come back if there are fewer. */
export function arnSegments(text: string): string[] {
  const segments: string[] = [];
  let from = 0;
  let depth = 0;
  for (let i = 0; i < text.length && segments.length < 5; i++) {
    if (text[i] === "$" && text[i + 1] === "{") depth++;
    else if (text[i] === "}" && depth > 0) depth--;
    else if (text[i] === ":" && depth === 0) {
      segments.push(text.slice(from, i));
      from = i + 1;
    }
  }
  segments.push(text.slice(from));
  return segments;
}

/** The six segments of a real ARN, or undefined if the text is not one. */
export function splitArn(text: string): readonly string[] | undefined {
  if (!text.startsWith("arn:")) return undefined;
  const segments: string[] = [];
  let from = 0;
  while (segments.length < 5) {
    const colon = text.indexOf(":", from);
    if (colon === -1) return undefined;
    segments.push(text.slice(from, colon));
    from = colon + 1;
  }
  segments.push(text.slice(from));
  return segments;
}

/** The text asked about, split once per request. */
export interface ArnTarget {
  readonly text: string;
  readonly segments: readonly string[] | undefined;
}

export const arnTarget = (text: string): ArnTarget => ({ text, segments: splitArn(text) });

/** Compares a target with one pattern. */
export type ArnMatcher = (target: ArnTarget, context: RequestContext) => boolean;

/** Which segments may hold variables: resources only the sixth (IAM User Guide, policy variables), conditions any. */
export interface ArnPatternOptions {
  readonly variables: boolean;
  readonly variablesIn: "resource-segment" | "all-segments";
  /** Missing tail segments match anything, as IAM completes an unfinished Resource. */
  readonly pad: boolean;
}

/** Prepares an ARN pattern. `*` alone matches every target, and is the only pattern to match the target `*`. */
export function compileArn(pattern: string, { variables, variablesIn, pad }: ArnPatternOptions): ArnMatcher {
  if (/^\*+$/.test(pattern)) return () => true;
  const segments = arnSegments(pattern);
  if (pad) while (segments.length < 6) segments.push("*");
  if (segments.length < 6) return () => false;
  const matchers = segments.map(
    (segment, index): TemplateMatcher =>
      compileTemplate(segment, { wildcards: true, variables: variables && (index === 5 || variablesIn === "all-segments") }),
  );
  // The last segment differs most often.
  return ({ segments: target }, context) => {
    if (!target) return false;
    for (let i = 5; i >= 0; i--) if (!matchers[i]!(target[i]!, context)) return false;
    return true;
  };
}
