// Regular expressions in Go's RE2 syntax: what CRDs and CEL rules contain. Matching takes linear time whatever the pattern.
import { RE2JS } from "re2js";

/** A compiled pattern. */
export interface Pattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean;
  /** The matches in order, at most `limit` of them. */
  find(text: string, limit: number): string[];
}

const known = new Map<string, Pattern | undefined>();
const mostKept = 5000;

/** Compiles a pattern; undefined if RE2 does not take it. */
export function patternOf(source: string): Pattern | undefined {
  if (!known.has(source)) {
    if (known.size >= mostKept) known.clear();
    known.set(source, compile(source));
  }
  return known.get(source);
}

/** Why RE2 does not take a pattern, in Go's words; undefined if it does. */
export function patternProblem(source: string): string | undefined {
  try {
    RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function compile(source: string): Pattern | undefined {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch {
    return undefined;
  }
  return {
    test: (text) => compiled.test(text),
    find(text, limit) {
      const found: string[] = [];
      const matcher = compiled.matcher(text);
      while (found.length < limit && matcher.find()) found.push(matcher.group() ?? "");
      return found;
    },
  };
}
