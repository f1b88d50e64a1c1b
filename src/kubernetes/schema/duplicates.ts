// Finds members that stand twice in one JSON object; JSON.parse keeps only the last and says nothing.

/** A scanner over JSON text that is known to parse. */
class Scanner {
  readonly found: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #string(): string {
    const start = this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  value(path: string): void {
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") this.#object(path);
    else if (first === "[") this.#list(path);
    else if (first === '"') this.#string();
    else while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at]!)) this.#at++;
    this.#space();
  }

  #object(path: string): void {
    const names = new Set<string>();
    this.#at++;
    this.#space();
    while (this.#text[this.#at] === '"') {
      const name = this.#string();
      const inner = path === "" ? name : `${path}.${name}`;
      if (names.has(name)) this.found.push(`duplicate field ${JSON.stringify(inner)}`);
      names.add(name);
      this.#space();
      this.#at++;
      this.value(inner);
      if (this.#text[this.#at] === ",") this.#at++;
      this.#space();
    }
    this.#at++;
  }

  #list(path: string): void {
    this.#at++;
    this.#space();
    for (let index = 0; this.#at < this.#text.length && this.#text[this.#at] !== "]"; index++) {
      this.value(`${path}[${index}]`);
      if (this.#text[this.#at] === ",") this.#at++;
      this.#space();
    }
    this.#at++;
  }
}

/** `duplicate field "spec.replicas"` for every member that repeats, in document order. The text must be JSON that parses. */
export function duplicateFields(text: string): string[] {
  const scanner = new Scanner(text);
  scanner.value("");
  return scanner.found;
}
