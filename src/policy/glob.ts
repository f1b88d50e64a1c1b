// Wildcard matching of IAM: `*` any run of characters, `?` one character. Never a regular expression, so no input is slow to match.

/** Any run of characters, also none. */
export const ANY_RUN = -2;
/** Exactly one character. */
export const ANY_ONE = -1;

/** A pattern as UTF-16 code units and the two wildcards. */
export type Tokens = readonly number[];

/** Code units of `text`; with `wildcards`, its `*` and `?` become wildcards. */
export function tokensOf(text: string, wildcards: boolean): number[] {
  const tokens: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (wildcards && unit === 42) {
      // A run of stars is one star: keeps matching linear in the number of different wildcards.
      if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
    } else tokens.push(wildcards && unit === 63 ? ANY_ONE : unit);
  }
  return tokens;
}

/** Whether the whole of `text` matches; at worst O(length of pattern × length of text). */
export function matchTokens(pattern: Tokens, text: string): boolean {
  let at = 0;
  let token = 0;
  let resumeToken = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[token];
    if (wanted === ANY_RUN) {
      resumeToken = ++token;
      resumeAt = at;
      if (resumeToken === pattern.length) return true;
    } else if (wanted !== undefined && (wanted === ANY_ONE || wanted === text.charCodeAt(at))) {
      token++;
      at++;
    } else if (resumeToken >= 0) {
      token = resumeToken;
      at = ++resumeAt;
    } else return false;
  }
  while (pattern[token] === ANY_RUN) token++;
  return token === pattern.length;
}

/** A pattern prepared for many comparisons. */
export type Matcher = (text: string) => boolean;

/** Makes a matcher, taking short cuts for the common forms: literal, `*` and `prefix*`. */
export function matcherOf(pattern: Tokens): Matcher {
  const wild = pattern.findIndex((token) => token < 0);
  if (wild === -1) {
    const literal = textOf(pattern);
    return (text) => text === literal;
  }
  if (wild === pattern.length - 1 && pattern[wild] === ANY_RUN) {
    if (wild === 0) return () => true;
    const prefix = textOf(pattern.slice(0, wild));
    return (text) => text.startsWith(prefix);
  }
  return (text) => matchTokens(pattern, text);
}

/** A matcher for the wildcards of `pattern`. */
export function glob(pattern: string): Matcher {
  return matcherOf(tokensOf(pattern, true));
}

function textOf(tokens: Tokens): string {
  let text = "";
  for (const token of tokens) text += String.fromCharCode(token);
  return text;
}
