// What Go's encoding/json says of text that is no JSON object.

const kinds: Readonly<Record<string, string>> = { string: "string", number: "number", boolean: "bool" };

/** Why the text cannot be read into a map, in Go's words; undefined if it can. */
export function goJsonProblem(text: string): string | undefined {
  const reader = new Reader(text);
  const problem = reader.whole();
  if (problem) return problem;
  const value = JSON.parse(text);
  const kind = Array.isArray(value) ? "array" : value === null ? undefined : kinds[typeof value];
  return kind && `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

/** Walks JSON text as Go's scanner does. Every method returns what is wrong, or undefined with `at` behind what it read. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): string | undefined {
    return this.#value(0) ?? (this.#next() === undefined ? undefined : this.#wrong("after top-level value"));
  }

  /** The next character that is no space. */
  #next(): string | undefined {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
    return this.#text[this.#at];
  }

  #wrong(where: string): string {
    const character = this.#text.codePointAt(this.#at);
    if (character === undefined) return "unexpected end of JSON input";
    const shown = String.fromCodePoint(character);
    const quoted = shown === "'" ? "'\\''" : shown === '"' ? "'\"'" : `'${JSON.stringify(shown).slice(1, -1)}'`;
    return `invalid character ${quoted} ${where}`;
  }

  #value(depth: number): string | undefined {
    const first = this.#next();
    if (depth > 10_000) return "exceeded max depth";
    if (first === "{" || first === "[") return this.#members(first === "{", depth);
    if (first === '"') return this.#string();
    if (first !== undefined && /[-0-9]/.test(first)) return this.#number();
    const word = ["true", "false", "null"].find((each) => each[0] === first);
    return word ? this.#word(word) : this.#wrong("looking for beginning of value");
  }

  #members(named: boolean, depth: number): string | undefined {
    const end = named ? "}" : "]";
    const after = named ? "after object key:value pair" : "after array element";
    this.#at++;
    if (this.#next() === end) {
      this.#at++;
      return undefined;
    }
    for (;;) {
      const problem = (named ? this.#key() : undefined) ?? this.#value(depth + 1);
      if (problem) return problem;
      const mark = this.#next();
      if (mark !== "," && mark !== end) return this.#wrong(after);
      this.#at++;
      if (mark === end) return undefined;
    }
  }

  #key(): string | undefined {
    if (this.#next() !== '"') return this.#wrong("looking for beginning of object key string");
    const problem = this.#string();
    if (problem) return problem;
    if (this.#next() !== ":") return this.#wrong("after object key");
    this.#at++;
    return undefined;
  }

  #string(): string | undefined {
    for (this.#at++; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '"') break;
      if (character === undefined || character < " ") return this.#wrong("in string literal");
      if (character !== "\\") continue;
      const escaped = this.#text[++this.#at];
      if (escaped === "u") {
        for (let digit = 0; digit < 4; digit++)
          if (!/[0-9A-Fa-f]/.test(this.#text[++this.#at] ?? "")) return this.#wrong("in \\u hexadecimal character escape");
      } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) return this.#wrong("in string escape code");
    }
    this.#at++;
    return undefined;
  }

  #number(): string | undefined {
    const digits = () => {
      const start = this.#at;
      while (/[0-9]/.test(this.#text[this.#at] ?? "")) this.#at++;
      return this.#at > start;
    };
    if (this.#text[this.#at] === "-") this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else if (!digits()) return this.#wrong("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!digits()) return this.#wrong("after decimal point in numeric literal");
    }
    if (!/[eE]/.test(this.#text[this.#at] ?? "")) return undefined;
    this.#at++;
    if (/[-+]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return digits() ? undefined : this.#wrong("in exponent of numeric literal");
  }

  #word(word: string): string | undefined {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) return this.#wrong(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
    return undefined;
  }
}
