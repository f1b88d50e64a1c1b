// Expressions of admission policies and match conditions when they are written: what they may name and must evaluate to.
import { environmentOf } from "../../cel/environment.ts";
import { registerObjects, withMadeObjects } from "../../cel/objects.ts";
import { compile, explainAt, type Program } from "../../cel/program.ts";
import { unescapedSource } from "../../cel/values.ts";
import { type MemberTypes, typeOfNode, undefinedMember } from "./expression-types.ts";

/** What an expression may name beside the objects, the request and the namespace. */
export interface Vocabulary {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** Types of the policy's variables so far; absent where there are none. */
  readonly variables?: MemberTypes;
  /** Whether expressions may make objects, as mutations do. */
  readonly objects?: boolean;
}

/** An expression's type, as far as it is plain to see, or what is wrong with it. */
export interface Checked {
  readonly type?: string | undefined;
  readonly problem?: string;
}

const environments = new Map<string, ReturnType<typeof environmentOf>>();

function environmentFor({ params, authorizer, variables, objects }: Vocabulary): ReturnType<typeof environmentOf> {
  const key = `${params} ${authorizer} ${variables !== undefined} ${objects}`;
  let found = environments.get(key);
  if (!found) {
    found = environmentOf({
      object: "dyn",
      oldObject: "dyn",
      request: "dyn",
      namespaceObject: "dyn",
      ...(params && { params: "dyn" }),
      ...(authorizer && { authorizer: "Authorizer" }),
      ...(variables && { variables: "dyn" }),
    });
    if (objects) registerObjects(found);
    environments.set(key, found);
  }
  return found;
}

/** Compiles an expression and compares its type with those wanted (CEL's names; none: any will do). The problem is worded as Kubernetes words it. */
export function checkExpression(expression: string, vocabulary: Vocabulary, wanted: readonly string[]): Checked {
  const written = vocabulary.objects ? withMadeObjects(expression) : expression;
  const program = compile(environmentFor(vocabulary), unescapedSource(written));
  if ("error" in program) {
    // Positions in rewritten text would mislead.
    const text = written === expression ? program.error : (program.error.split("\n")[0] as string).replace(/:\d+:\d+:/, ":");
    return { problem: `compilation failed: ${text}` };
  }
  const { variables } = vocabulary;
  const missing = undefinedMember(program.ast, variables);
  if (missing) {
    const at = program.source.indexOf(".", missing.after);
    return { problem: `compilation failed: ${explainAt(program.source, at, `undefined field '${missing.name}'`)}` };
  }
  const type = typeOf(program, variables);
  if (wanted.length === 0 || type === undefined || wanted.includes(type) || (isList(type) && wanted.some(isList))) return { type };
  const choice = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(" ")}]`;
  return { problem: `must evaluate to ${choice} but got ${type}` };
}

/** What lists hold is not always plain to see. */
const isList = (type: string) => type.startsWith("list(");

/** Undefined where the compiler knows no type and the expression is not merely a path. */
function typeOf({ type, ast }: Program, variables: MemberTypes | undefined): string | undefined {
  if (type === "dyn") return typeOfNode(ast, variables);
  return type
    .replaceAll("<", "(")
    .replaceAll(">", ")")
    .replace(/\b[A-Z]\b/g, "dyn")
    .replace(/^null$/, "null_type")
    .replace(/^list$/, "list(dyn)")
    .replace(/^map$/, "map(dyn, dyn)")
    .replace(/^optional\(/, "optional_type(")
    .replace(/^(Quantity|URL|IP|CIDR)$/, "kubernetes.$1")
    .replace(/^(Authorizer|PathCheck|GroupCheck|ResourceCheck|Decision)$/, "kubernetes.authorization.$1");
}
