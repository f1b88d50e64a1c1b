// First stage of parsing: JSON and the shape of every element. Everything wrong here is "Syntax errors in policy."
import { parseOperatorName } from "../conditions/operators.ts";
import { syntaxErrors } from "./errors.ts";

/** A statement whose elements have the right shape and nothing more. */
export interface RawStatement {
  readonly sid: string | undefined;
  /** Allow or Deny in any case. */
  readonly effect: string;
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly principal: unknown;
  readonly notPrincipal: unknown;
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A document of the right shape. */
export interface RawDocument {
  readonly version: "2012-10-17" | "2008-10-17" | undefined;
  readonly id: string | undefined;
  readonly statements: readonly RawStatement[];
}

type JsonObject = Record<string, unknown>;

/** IAM takes documents of at most 131,072 characters (IAM API Reference, policyDocumentType). */
const MAX_LENGTH = 131_072;

const DOCUMENT_MEMBERS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_MEMBERS = new Set(
  ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"], //
);

/** Reads a document's text. Throws `Syntax errors in policy.` */
export function readSyntax(text: string): RawDocument {
  if (text.length > MAX_LENGTH) throw syntaxErrors();
  const document = object(parseJson(text), DOCUMENT_MEMBERS);
  const { Version: version, Id: id, Statement: statement } = document;
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") throw syntaxErrors();
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0) throw syntaxErrors();
  return { version, id: optionalString(id), statements: statements.map(readStatement) };
}

function readStatement(value: unknown): RawStatement {
  const statement = object(value, STATEMENT_MEMBERS);
  const { Effect: effect, Sid: sid, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition } = statement;
  if (typeof effect !== "string" || !/^(allow|deny)$/i.test(effect)) throw syntaxErrors();
  for (const [one, other] of [
    [Action, NotAction],
    [Resource, NotResource],
    [Principal, NotPrincipal],
  ]) {
    if (one !== undefined && other !== undefined) throw syntaxErrors();
  }
  return {
    sid: optionalString(sid),
    effect,
    actions: optionalList(Action),
    notActions: optionalList(NotAction),
    resources: optionalList(Resource),
    notResources: optionalList(NotResource),
    principal: Principal,
    notPrincipal: NotPrincipal,
    conditions: readConditions(Condition),
  };
}

function readConditions(value: unknown): RawStatement["conditions"] {
  if (value === undefined) return {};
  // fromEntries defines members: a key named __proto__ stays data.
  return Object.fromEntries(
    Object.entries(object(value)).map(([operator, block]) => {
      const keys = Object.entries(object(block));
      if (keys.length > 0 && !parseOperatorName(operator)) throw syntaxErrors();
      return [operator, Object.fromEntries(keys.map(([key, operands]) => [key, readOperands(operands)]))];
    }),
  );
}

function readOperands(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((operand) => {
    if (typeof operand === "string") return operand;
    if (typeof operand === "boolean" || typeof operand === "number") return String(operand);
    throw syntaxErrors();
  });
}

function optionalString(value: unknown): string | undefined {
  if (value !== undefined && typeof value !== "string") throw syntaxErrors();
  return value;
}

/** A string or a list of strings; IAM ignores null in a list. */
function optionalList(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list = (Array.isArray(value) ? value : [value]).filter((item, _, { length }) => item !== null || length === 1);
  if (!list.every((item): item is string => typeof item === "string")) throw syntaxErrors();
  return list;
}

function object(value: unknown, members?: ReadonlySet<string>): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw syntaxErrors();
  if (members) for (const member of Object.keys(value)) if (!members.has(member)) throw syntaxErrors();
  return value as JsonObject;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw syntaxErrors();
  }
}
