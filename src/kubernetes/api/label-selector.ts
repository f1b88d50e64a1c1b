// Label selectors: kubectl's text syntax and the LabelSelector object, compiled to one predicate form.
import { labelValueProblem, qualifiedKey } from "./names.ts";
import { badRequest } from "./status.ts";

export type Labels = Readonly<Record<string, string>> | undefined;

/** One requirement on labels. */
export interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "absent" | "gt" | "lt";
  readonly values: readonly string[];
}

/** Whether labels satisfy every requirement. */
export function matches(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === "exists") return value !== undefined;
    if (operator === "absent") return value === undefined;
    if (operator === "in") return value !== undefined && values.includes(value);
    if (operator === "notin") return value === undefined || !values.includes(value);
    if (value === undefined || !/^-?\d+$/.test(value)) return false;
    return operator === "gt" ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
  });
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

const objectOperators: Record<string, Requirement["operator"]> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "absent" };

/** Compiles a LabelSelector object. An absent selector matches nothing, an empty one everything. */
export function selectorOf(selector: LabelSelector | undefined | null): (labels: Labels) => boolean {
  if (!selector) return () => false;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "in",
    values: [value],
  }));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const known = objectOperators[operator];
    if (!known) return () => false;
    requirements.push({ key, operator: known, values });
  }
  return (labels) => matches(requirements, labels);
}

const tokenPattern = /\s*(,|\(|\)|!=|==|=|!|<|>|[^\s,()!=<>]+)/gy;

/** Parses `a=b,c in (d,e),!f`. Throws 400 with a message that names the text. */
export function parseLabelSelector(text: string): Requirement[] {
  const fail = (why: string): never => {
    throw badRequest(`unable to parse requirement: ${why}`);
  };
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const input = text.trim();
  while (tokenPattern.lastIndex < input.length) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(input);
    if (!match) {
      if (input.slice(at).trim() === "") break;
      return fail(`found '${input.slice(at)}', expected: identifier`);
    }
    tokens.push(match[1]!);
  }
  let next = 0;
  const requirements: Requirement[] = [];
  const isWord = (token: string | undefined) => token !== undefined && !/^(,|\(|\)|!=|==|=|!|<|>)$/.test(token);
  const key = (): string => {
    const token = tokens[next++];
    if (!isWord(token)) return fail(`found '${token ?? ""}', expected: !, identifier, or 'end of string'`);
    const problems = qualifiedKey(token!);
    if (problems.length > 0) return fail(`<nil>: Invalid value: ${JSON.stringify(token)}: ${problems.join("; ")}`);
    return token!;
  };
  const value = (): string => {
    if (!isWord(tokens[next])) return "";
    const token = tokens[next++]!;
    const problem = labelValueProblem(token);
    if (problem) return fail(`values[0][${requirements.length}]: Invalid value: ${JSON.stringify(token)}: ${problem}`);
    return token;
  };
  while (next < tokens.length) {
    if (tokens[next] === "!") {
      next++;
      requirements.push({ key: key(), operator: "absent", values: [] });
    } else {
      const name = key();
      const operator = tokens[next];
      if (operator === undefined || operator === ",") requirements.push({ key: name, operator: "exists", values: [] });
      else {
        next++;
        if (operator === "=" || operator === "==") requirements.push({ key: name, operator: "in", values: [value()] });
        else if (operator === "!=") requirements.push({ key: name, operator: "notin", values: [value()] });
        else if (operator === "<" || operator === ">") {
          const bound = value();
          if (!/^-?\d+$/.test(bound)) fail(`for 'Gt', 'Lt' operators, the value must be an integer`);
          requirements.push({ key: name, operator: operator === "<" ? "lt" : "gt", values: [bound] });
        } else if (operator === "in" || operator === "notin") {
          if (tokens[next++] !== "(") fail(`found '${tokens[next - 1] ?? ""}' expected: '('`);
          const values = [value()];
          while (tokens[next] === ",") {
            next++;
            values.push(value());
          }
          if (tokens[next++] !== ")") fail(`found '${tokens[next - 1] ?? ""}', expected: ',' or ')'`);
          requirements.push({ key: name, operator, values });
        } else fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
      }
    }
    if (next < tokens.length && tokens[next++] !== ",") fail(`found '${tokens[next - 1]}', expected: ',' or 'end of string'`);
    else if (next === tokens.length && tokens[next - 1] === ",") fail("found '', expected: identifier after ','");
  }
  return requirements;
}
