// A second evaluator of IAM policies, for tests only: it reads documents as JSON, translates patterns to regular expressions, counts
// addresses as bits and answers through a list of rules. It shares no code with the engine and was written from the specification.

type Json = Record<string, any>;

/** A question, with policies as documents that nobody has parsed. */
export interface OpenQuestion {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly principal: { readonly kind: string; readonly accountId: string; readonly arn: string; readonly roleArn?: string };
  readonly identity: readonly Json[];
  readonly boundary?: Json;
  readonly session?: readonly Json[];
  readonly serviceControl?: readonly (readonly Json[])[];
  readonly resourcePolicy?: Json;
  readonly resourceAccount: string;
}

/** What the second evaluator thinks. */
export interface Opinion {
  readonly allowed: boolean;
  readonly explicit: boolean;
  readonly decidedBy: string;
}

const list = (value: unknown): any[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

// --- Patterns -------------------------------------------------------------------------------------------------------------------------

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
const HOLE = "\uE000";

/** Cuts `${…}` out of a text: the text with holes, and what was in them. */
function cut(text: string, variables: boolean): { text: string; holes: string[] } {
  const holes: string[] = [];
  if (!variables) return { text, holes };
  const withHoles = text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    holes.push(inner);
    return HOLE;
  });
  return { text: withHoles, holes };
}

/** The value of a hole; undefined if the request does not have it. */
function fill(inner: string, lookup: (key: string) => string[] | undefined): string | undefined {
  if (["*", "?", "$"].includes(inner)) return inner;
  const [, key = "", , fallback] = /^\s*([^,]*?)\s*(,\s*'(.*)'\s*)?$/s.exec(inner) ?? [];
  const values = lookup(key);
  return values?.length === 1 ? values[0] : fallback;
}

/** A pattern with holes as a regular expression; undefined if a hole cannot be filled. */
function regex(
  text: string,
  holes: string[],
  lookup: (key: string) => string[] | undefined,
  wild: boolean,
  fold: boolean,
): RegExp | undefined {
  let source = "";
  for (const char of text.split(/([*?\uE000])/)) {
    if (char === HOLE) {
      const value = fill(holes.shift()!, lookup);
      if (value === undefined) return undefined;
      source += quote(value);
    } else if (wild && char === "*") source += "[^]*";
    else if (wild && char === "?") source += "[^]";
    else source += quote(char);
  }
  return new RegExp(`^(?:${source})$`, fold ? "i" : "");
}

const segments = (text: string): string[] => {
  const parts = text.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
};

/** ARN patterns: six segments each for itself. */
function arnLike(
  pattern: string,
  target: string,
  lookup: (key: string) => string[] | undefined,
  how: { variables: boolean; lastOnly: boolean; pad: boolean },
) {
  if (/^\*+$/.test(pattern)) return true;
  if (!/^arn:([^:]*:){4}/.test(target)) return false;
  const whole = cut(pattern, true);
  const parts = segments(whole.text);
  while (how.pad && parts.length < 6) parts.push("*");
  if (parts.length < 6) return false;
  const wanted = segments(target);
  return parts.every((part, index) => {
    const inside = whole.holes.splice(0, part.split(HOLE).length - 1);
    const usable = how.variables && (index === 5 || !how.lastOnly);
    const holes = [...inside];
    const original = part.replaceAll(HOLE, () => `\${${holes.shift()}}`);
    const expression = usable ? regex(part, inside, lookup, true, false) : regex(original, [], lookup, true, false);
    return expression?.test(wanted[index]!) ?? false;
  });
}

// --- Conditions -----------------------------------------------------------------------------------------------------------------------

type Test = (wanted: string, got: string) => boolean | "unreadable";

const compare =
  (read: (text: string) => number, holds: (got: number, wanted: number) => boolean): Test =>
  (wanted, got) => {
    const [a, b] = [read(got), read(wanted)];
    return Number.isNaN(a) || Number.isNaN(b) ? "unreadable" : holds(a, b);
  };

const number = (text: string) => (text.trim() === "" || /[^0-9.eE+-]/.test(text.trim()) ? Number.NaN : Number(text));
const moment = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const bool = (text: string) => ({ true: 1, false: 0 })[text.trim().toLowerCase()] ?? Number.NaN;
const bytes = (text: string) => Buffer.from(text, "base64").toString("hex");

/** An address as a string of bits, with the family in front so that families never meet. */
function bits(address: string): string | undefined {
  if (/^\d+(\.\d+){3}$/.test(address)) {
    const parts = address.split(".").map(Number);
    return parts.some((part) => part > 255) ? undefined : `4${parts.map((part) => part.toString(2).padStart(8, "0")).join("")}`;
  }
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(":")) return undefined;
  const [head = "", tail] = address.split("::") as [string, string?];
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const all = tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return all.length === 8 ? `6${all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("")}` : undefined;
}

const address: Test = (wanted, got) => {
  const [network = "", length] = wanted.split("/");
  const [range, value] = [bits(network), bits(got)];
  if (range === undefined || value === undefined) return "unreadable";
  const most = range.length - 1;
  const prefix = length === undefined ? most : Number(length);
  if (!(prefix <= most)) return "unreadable";
  return value.slice(0, prefix + 1) === range.slice(0, prefix + 1);
};

function tester(base: string, variables: boolean, lookup: (key: string) => string[] | undefined): Test {
  const text =
    (wild: boolean, fold: boolean): Test =>
    (wanted, got) => {
      const { text: pattern, holes } = cut(wanted, variables);
      return regex(pattern, holes, lookup, wild, fold)?.test(got) ?? false;
    };
  const order = (read: (text: string) => number): Test => {
    if (base.endsWith("LessThanEquals")) return compare(read, (a, b) => a <= b);
    if (base.endsWith("LessThan")) return compare(read, (a, b) => a < b);
    if (base.endsWith("GreaterThanEquals")) return compare(read, (a, b) => a >= b);
    if (base.endsWith("GreaterThan")) return compare(read, (a, b) => a > b);
    return compare(read, (a, b) => a === b);
  };
  if (base.startsWith("String")) return text(base.endsWith("Like"), base.endsWith("IgnoreCase"));
  if (base.startsWith("Numeric")) return order(number);
  if (base.startsWith("Date")) return order(moment);
  if (base === "Bool") return compare(bool, (a, b) => a === b);
  if (base === "BinaryEquals") return (wanted, got) => bytes(wanted) === bytes(got);
  if (base.endsWith("IpAddress")) return address;
  return (wanted, got) => {
    if (!/^arn:([^:]*:){4}/.test(got)) return "unreadable";
    return arnLike(wanted, got, lookup, { variables, lastOnly: false, pad: false });
  };
}

function conditionHolds(
  operator: string,
  key: string,
  wanted: string[],
  variables: boolean,
  lookup: (key: string) => string[] | undefined,
): boolean {
  const got = lookup(key);
  if (operator === "Null") return wanted.some((value) => value.trim().toLowerCase() === (got ? "false" : "true"));
  const [, set, base = "", ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator)!;
  const negative = /Not/.test(base);
  if (!got) {
    if (ifExists) return true;
    if (set) return set === "ForAllValues";
    return negative;
  }
  const test = tester(base, variables, lookup);
  const one = (value: string) => {
    const verdicts = wanted.map((each) => test(each, value));
    if (verdicts.includes(true)) return !negative;
    return verdicts.includes("unreadable") ? false : negative;
  };
  // Unreadable request values satisfy nothing, even where the policy lists no values.
  const counted = got.map((value) => (verdictOfNothing(base, value) ? false : one(value)));
  if (set === "ForAnyValue") return counted.includes(true);
  if (set === "ForAllValues" || negative) return !counted.includes(false);
  return counted.includes(true);
}

/** Whether the request's own value cannot be read by the operator. */
function verdictOfNothing(base: string, value: string): boolean {
  if (base.startsWith("Numeric")) return Number.isNaN(number(value));
  if (base.startsWith("Date")) return Number.isNaN(moment(value));
  if (base === "Bool") return Number.isNaN(bool(value));
  if (base.endsWith("IpAddress")) return bits(value) === undefined;
  return base.startsWith("Arn") && !/^arn:([^:]*:){4}/.test(value);
}

// --- Statements -----------------------------------------------------------------------------------------------------------------------

/** Statements of a document that apply to the question, by effect; principals are not looked at. */
function applying(document: Json, effect: string, question: OpenQuestion): Json[] {
  const variables = document.Version === "2012-10-17";
  const lookup = (key: string) => {
    const found = Object.entries(question.context).find(([name]) => name.toLowerCase() === key.toLowerCase());
    const values = list(found?.[1]).map(String);
    return values.length > 0 ? values : undefined;
  };
  const actionIn = (patterns: unknown) => list(patterns).some((pattern) => regex(pattern, [], lookup, true, true)!.test(question.action));
  const resourceIn = (patterns: unknown) =>
    list(patterns).some((pattern) => arnLike(pattern, question.resource, lookup, { variables, lastOnly: true, pad: true }));
  return list(document.Statement).filter((statement: Json) => {
    if (statement.Effect !== effect) return false;
    if (statement.Action !== undefined ? !actionIn(statement.Action) : actionIn(statement.NotAction)) return false;
    if (statement.Resource !== undefined && !resourceIn(statement.Resource)) return false;
    if (statement.NotResource !== undefined && resourceIn(statement.NotResource)) return false;
    return Object.entries((statement.Condition ?? {}) as Json).every(([operator, keys]) =>
      Object.entries(keys as Json).every(([key, values]) => conditionHolds(operator, key, list(values).map(String), variables, lookup)),
    );
  });
}

/** Names under which entries of a Principal element know the caller. */
function known(element: any, { kind, accountId, arn, roleArn }: OpenQuestion["principal"]): Set<string> {
  const found = new Set<string>();
  const human = kind !== "service" && kind !== "web-identity";
  if (element === "*") return found.add("star");
  for (const entry of list(element.AWS)) {
    if (!human) continue;
    if (entry === "*") found.add("star");
    else if (kind === "anonymous") continue;
    else if (entry === accountId || entry === `arn:aws:iam::${accountId}:root`) found.add("account");
    else if (entry === arn) found.add(kind === "user" ? "exactUser" : "exactSession");
    else if (kind === "role-session" && entry === roleArn) found.add("role");
  }
  if (kind === "service" && list(element.Service).includes(arn)) found.add("service");
  if (kind === "web-identity" && list(element.Federated).includes(arn)) found.add("federated");
  return found;
}

function names(statement: Json, principal: OpenQuestion["principal"]): Set<string> {
  if (statement.Principal !== undefined) return known(statement.Principal, principal);
  const listed = known(statement.NotPrincipal, principal);
  const every = (...needed: string[]) => needed.every((each) => listed.has(each));
  const needed: Record<string, string[]> = {
    user: ["exactUser", "account"],
    "role-session": ["exactSession", "role", "account"],
    federated: ["exactSession", "account"],
  };
  const all = needed[principal.kind];
  const exempt = statement.Effect === "Deny" && all ? listed.has("star") || every(...all) : listed.size > 0;
  return exempt ? new Set() : new Set(["star"]);
}

// --- The decision ---------------------------------------------------------------------------------------------------------------------

/** Decides by the first rule of the list that has something to say (spec identity §6.4). */
export function secondOpinion(question: OpenQuestion): Opinion {
  const { principal, resourcePolicy, identity, boundary, session, resourceAccount } = question;
  const any = (documents: readonly Json[], effect: string) => documents.some((document) => applying(document, effect, question).length > 0);
  const trust = /^sts:/i.test(question.action) && /^arn:aws:iam::\d*:role\//.test(question.resource);
  const ofResource = trust ? "role trust policy" : "resource-based policy";
  const levels = principal.kind === "service" || principal.roleArn?.includes("/aws-service-role/") ? [] : (question.serviceControl ?? []);
  const how = new Set((resourcePolicy ? applying(resourcePolicy, "Allow", question) : []).flatMap((each) => [...names(each, principal)]));
  const home = resourceAccount === principal.accountId;
  const guarded = trust || (resourcePolicy !== undefined && /^kms:/i.test(question.action));
  const isRoot = principal.kind === "root";
  const stranger = ["service", "web-identity", "anonymous"].includes(principal.kind);
  const byResource = home && (how.has("role") || how.has("star"));
  const identityAllows = isRoot || any(identity, "Allow");

  const deny = (decidedBy: string, explicit = true): Opinion => ({ allowed: false, explicit, decidedBy });
  const lacks = (decidedBy: string) => deny(decidedBy, false);
  const grant = (decidedBy: string): Opinion => ({ allowed: true, explicit: false, decidedBy });
  const rules: (() => Opinion | false | undefined)[] = [
    () => levels.some((level) => any(level, "Deny")) && deny("service control policy"),
    () => resourcePolicy && applying(resourcePolicy, "Deny", question).some((each) => names(each, principal).size > 0) && deny(ofResource),
    () => any(identity, "Deny") && deny("identity-based policy"),
    () => boundary && any([boundary], "Deny") && deny("permissions boundary"),
    () => session && any(session, "Deny") && deny("session policy"),
    () => levels.some((level) => !any(level, "Allow")) && lacks("service control policy"),
    () => isRoot && home && !guarded && grant("root"),
    () => (how.has("service") || how.has("federated") || (stranger && how.has("star"))) && grant(ofResource),
    () => home && (how.has("exactUser") || how.has("exactSession")) && grant(ofResource),
    () => !byResource && trust && how.size === 0 && lacks(ofResource),
    () => !byResource && !identityAllows && lacks("identity-based policy"),
    () => !byResource && (!home || guarded) && how.size === 0 && lacks(ofResource),
    () => boundary && !any([boundary], "Allow") && lacks("permissions boundary"),
    () => session && !any(session, "Allow") && lacks("session policy"),
  ];
  for (const rule of rules) {
    const opinion = rule();
    if (opinion) return opinion;
  }
  return grant(byResource ? ofResource : isRoot ? "root" : "identity-based policy");
}
