// Policy variables: `${key}`, `${key, 'default'}` and the literals `${*}`, `${?}`, `${$}` in a policy's text.
import type { RequestContext } from "./context.ts";
import { type Matcher, matcherOf, tokensOf } from "./glob.ts";

interface Variable {
  readonly key: string;
  readonly fallback: string | undefined;
}

type Part = readonly number[] | Variable;

const isVariable = (part: Part): part is Variable => !Array.isArray(part);

/** How a policy's text is to be read. */
export interface TemplateOptions {
  /** False in documents of version 2008-10-17, where `${` has no meaning. */
  readonly variables: boolean;
  /** Whether `*` and `?` are wildcards. What a variable inserts never is. */
  readonly wildcards: boolean;
  readonly ignoreCase?: boolean;
}

/** Compares request text with a policy's text. A variable without a value matches nothing (spec identity §6.3). */
export type TemplateMatcher = (text: string, context: RequestContext) => boolean;

/** Prepares a policy's text for comparison. */
export function compileTemplate(text: string, options: TemplateOptions): TemplateMatcher {
  const fold = (value: string) => (options.ignoreCase ? value.toLowerCase() : value);
  const parts = options.variables ? split(text, options.wildcards, fold) : [tokensOf(fold(text), options.wildcards)];
  if (!parts.some(isVariable)) {
    const matches: Matcher = matcherOf((parts as number[][]).flat());
    return options.ignoreCase ? (value) => matches(value.toLowerCase()) : matches;
  }
  return (value, context) => {
    const tokens: number[] = [];
    for (const part of parts) {
      if (!isVariable(part)) {
        for (const token of part) tokens.push(token);
        continue;
      }
      const found = context.single(part.key) ?? part.fallback;
      if (found === undefined) return false;
      for (const token of tokensOf(fold(found), false)) tokens.push(token);
    }
    return matcherOf(tokens)(fold(value));
  };
}

function split(text: string, wildcards: boolean, fold: (text: string) => string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf("${", from);
    const close = open === -1 ? -1 : text.indexOf("}", open);
    if (close === -1) break;
    parts.push(tokensOf(fold(text.slice(from, open)), wildcards));
    const inner = text.slice(open + 2, close);
    parts.push(inner === "*" || inner === "?" || inner === "$" ? tokensOf(inner, false) : variable(inner));
    from = close + 1;
  }
  parts.push(tokensOf(fold(text.slice(from)), wildcards));
  return parts;
}

function variable(inner: string): Variable {
  const comma = inner.indexOf(",");
  const key = (comma === -1 ? inner : inner.slice(0, comma)).trim().toLowerCase();
  const quoted = comma === -1 ? "" : inner.slice(comma + 1).trim();
  const valid = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'");
  return { key, fallback: valid ? quoted.slice(1, -1) : undefined };
}
