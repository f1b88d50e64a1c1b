// The part of Kubernetes' JSONPath that printer columns and selectable fields use: members, indexes, slices, wildcards, filters.

type Step = (values: readonly unknown[]) => unknown[];

/** A compiled path: all values it finds in an object, in order. */
export type JsonPath = (object: unknown) => unknown[];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function member(name: string): Step {
  return (values) => values.filter((value) => isObject(value) && Object.hasOwn(value, name)).map((value: any) => value[name]);
}

const everything: Step = (values) =>
  values.flatMap((value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []));

const descendants: Step = (values) =>
  values.flatMap((value) => [value, ...(value !== null && typeof value === "object" ? descendants(Object.values(value)) : [])]);

function slice(text: string): Step | undefined {
  const match = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, from, to, every] = match;
  const step = Number(every ?? 1);
  if (step < 1) return undefined;
  return (values) =>
    values.flatMap((value) =>
      Array.isArray(value)
        ? value.slice(from ? Number(from) : 0, to ? Number(to) : undefined).filter((_, index) => index % step === 0)
        : [],
    );
}

function operand(text: string): ((item: unknown) => unknown[]) | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"$|^'((?:[^'\\]|\\.)*)'$/.exec(text);
  if (quoted) return () => [(quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1")];
  if (text === "true" || text === "false") return () => [text === "true"];
  if (/^-?\d+(\.\d+)?$/.test(text)) return () => [Number(text)];
  if (!text.startsWith("@")) return undefined;
  return compileJsonPath(text.slice(1));
}

const comparisons: Readonly<Record<string, (a: any, b: any) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<=": (a, b) => typeof a === typeof b && a <= b,
  ">=": (a, b) => typeof a === typeof b && a >= b,
  "<": (a, b) => typeof a === typeof b && a < b,
  ">": (a, b) => typeof a === typeof b && a > b,
};

function filter(text: string): Step | undefined {
  const match = /^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/.exec(text);
  const left = operand((match?.[1] ?? text).trim());
  const right = match ? operand(match[3]!) : undefined;
  if (!left || (match && !right)) return undefined;
  const compare = match ? comparisons[match[2]!]! : undefined;
  const keeps = (item: unknown) => {
    const found = left(item);
    if (!compare || !right) return found.length > 0;
    const other = right(item);
    return found.length > 0 && other.length > 0 && compare(found[0], other[0]);
  };
  return (values) => values.flatMap((value) => (Array.isArray(value) ? value.filter(keeps) : []));
}

function bracket(text: string): Step | undefined {
  if (text === "*") return everything;
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(text);
  if (quoted) return member((quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1"));
  if (/^-?\d+$/.test(text))
    return (values) => values.flatMap((value) => (Array.isArray(value) ? value.slice(Number(text)).slice(0, 1) : []));
  const expression = /^\?\((.*)\)$/.exec(text);
  return expression ? filter(expression[1]!) : slice(text);
}

/** Where the bracket opened at `start` closes, quotes and inner brackets minded; -1 if it does not. */
function closing(text: string, start: number): number {
  let depth = 0;
  let quote = "";
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (quote) {
      if (character === "\\") i++;
      else if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return i;
  }
  return -1;
}

/** Compiles a path such as `.status.conditions[?(@.type=="Ready")].status`; undefined when it is outside the supported syntax. */
export function compileJsonPath(path: string): JsonPath | undefined {
  const text = path
    .trim()
    .replace(/^\{(.*)\}$/, "$1")
    .replace(/^\$/, "");
  const steps: Step[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === "[") {
      const end = closing(text, at);
      const step = end < 0 ? undefined : bracket(text.slice(at + 1, end).trim());
      if (!step) return undefined;
      steps.push(step);
      at = end + 1;
      continue;
    }
    if (text.startsWith("..", at)) {
      steps.push(descendants);
      at += 1;
    }
    const name = /^\.?((?:[^.[\]\\]|\\.)+)/.exec(text.slice(at));
    if (name) {
      const plain = name[1]!.replace(/\\(.)/g, "$1");
      steps.push(plain === "*" ? everything : member(plain));
      at += name[0].length;
    } else if (text[at] === "." && (at + 1 === text.length || text[at + 1] === "[")) at++;
    else return undefined;
  }
  return (object) => steps.reduce<unknown[]>((values, step) => step(values), [object]);
}
