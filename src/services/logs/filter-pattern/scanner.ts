// Reads a pattern token by token.
import { invalidPattern } from "./invalid-pattern.ts";

/** A position in a pattern. Everything that reads skips white space first, except {@link adjacent} and {@link peek}. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(token: string): boolean {
    this.#skip();
    return this.adjacent(token);
  }

  /** Takes a token that follows without space. */
  adjacent(token: string): boolean {
    if (!this.peek(token)) return false;
    this.#at += token.length;
    return true;
  }

  peek(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  /** Takes a keyword in upper case or any other. */
  word(keyword: string): boolean {
    this.#skip();
    const found = this.#text.slice(this.#at, this.#at + keyword.length).toUpperCase() === keyword;
    if (!found || /\w/.test(this.#text[this.#at + keyword.length] ?? "")) return false;
    this.#at += keyword.length;
    return true;
  }

  /** Throws unless the token comes next. */
  expect(token: string): void {
    if (!this.take(token)) throw invalidPattern();
  }

  /** Text between quotation marks, either kind; undefined if there is none here. Throws if it does not end. */
  quoted(): string | undefined {
    this.#skip();
    const mark = this.#text[this.#at];
    if (mark !== '"' && mark !== "'") return undefined;
    let text = "";
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      if (this.#text[i] === "\\" && i + 1 < this.#text.length) text += this.#text[++i];
      else if (this.#text[i] === mark) {
        this.#at = i + 1;
        return text;
      } else text += this.#text[i];
    }
    throw invalidPattern();
  }

  /** Text that matches a sticky expression. Throws if there is none here. */
  bare(expression: RegExp): string {
    this.#skip();
    expression.lastIndex = this.#at;
    const [text] = expression.exec(this.#text) ?? [];
    if (!text) throw invalidPattern();
    this.#at += text.length;
    return text;
  }

  /** Throws unless everything has been read. */
  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) throw invalidPattern();
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
}
