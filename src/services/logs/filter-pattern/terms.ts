// Patterns of terms: `ERROR "out of memory" -debug ?a ?b`.
import { invalidPattern } from "./invalid-pattern.ts";

const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_]+))(?:\s+|$)/y;

/** All plain terms must occur, no `-term` may; `?term`s are alternatives and count only when there are no plain terms. */
export function parseTerms(pattern: string): (message: string) => boolean {
  // Regular expressions between % signs are not supported: they could be made to run for ever.
  const all: string[] = [];
  const none: string[] = [];
  const any: string[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < pattern.length) {
    const match = TERM.exec(pattern);
    if (!match) throw invalidPattern();
    const [, sign, quoted, bare] = match;
    const term = bare ?? quoted!.replace(/\\(.)/gs, "$1");
    (sign === "-" ? none : sign === "?" ? any : all).push(term);
  }
  const plain = all.filter((term) => term.trim() !== "");
  return (message) =>
    plain.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (all.length > 0 || any.length === 0 || any.some((term) => message.includes(term)));
}
