// Runs the rules of a custom resource's schema against an object.
import { Optional } from "@marcbachmann/cel-js";
import type { FieldError } from "../../../api/field-error.ts";
import { equalJson, isObject, type Json } from "../../../api/json.ts";
import { escapedName, typedValue } from "../../../cel/values.ts";
import type { Schema } from "../schema.ts";
import type { Rule, RuleNode } from "./compile.ts";

/** A value in JSON and as CEL has it. */
interface Pair {
  readonly json: Json;
  readonly cel: unknown;
}

/** Findings of all rules. `old` is the stored object of an update. Of metadata, rules see the name only. */
export function checkRules(node: RuleNode, object: Json, old: Json | undefined): FieldError[] {
  const errors: FieldError[] = [];
  check(node, rootPair(object, node.schema), old && rootPair(old, node.schema), "", errors);
  return errors;
}

/** Findings of the rules about a default: it must do as a new value and as one that stays. */
export function checkDefault(node: RuleNode, value: Json): FieldError[] {
  const pair = { json: value, cel: typedValue(value, node.schema) };
  const errors: FieldError[] = [];
  check(node, pair, pair, "", errors, false);
  if (errors.length === 0) check(node, pair, undefined, "", errors, false);
  return errors;
}

function rootPair(object: Json, schema: Schema): Pair {
  const { name, generateName } = object.metadata ?? {};
  const json = { ...object, metadata: { ...(name !== undefined && { name }), ...(generateName !== undefined && { generateName }) } };
  return { json, cel: typedValue(json, schema) };
}

function check(node: RuleNode, value: Pair, old: Pair | undefined, path: string, errors: FieldError[], ratchets = true): void {
  if (value.json === null || value.json === undefined) return;
  const unchanged = ratchets && old !== undefined && equalJson(value.json, old.json);
  for (const rule of node.rules) {
    if (rule.transition && !old && !rule.optionalOldSelf) continue;
    // What was stored before a rule existed stays valid while it does not change.
    if (!rule.transition && unchanged) continue;
    const finding = run(rule, node, value, old, path);
    if (finding) errors.push(finding);
  }
  if (Array.isArray(value.json)) checkItems(node, value, old, path, errors, ratchets);
  if (!isObject(value.json)) return;
  for (const key of Object.keys(value.json)) {
    const declared = node.properties.get(key);
    const below = declared ?? (Object.hasOwn(node.schema.properties ?? {}, key) ? undefined : node.rest);
    if (!below) continue;
    const at = declared ? (path ? `${path}.${key}` : key) : `${path}[${key}]`;
    check(below, member(value, key, declared), old && isObject(old.json) ? member(old, key, declared) : undefined, at, errors, ratchets);
  }
}

function member({ json, cel }: Pair, key: string, declared: RuleNode | undefined): Pair {
  return { json: json[key], cel: (cel as Record<string, unknown> | undefined)?.[declared ? escapedName(key) : key] };
}

function checkItems(node: RuleNode, value: Pair, old: Pair | undefined, path: string, errors: FieldError[], ratchets: boolean): void {
  const { items } = node;
  if (!items) return;
  const keys: string[] | undefined =
    node.schema["x-kubernetes-list-type"] === "map" ? node.schema["x-kubernetes-list-map-keys"] : undefined;
  const before: Json[] = Array.isArray(old?.json) ? old.json : [];
  const beforeCel = (old?.cel ?? []) as unknown[];
  for (const [i, json] of (value.json as Json[]).entries()) {
    // Only items of keyed lists have a past; those of other lists are new.
    const match = keys ? before.findIndex((each) => keys.every((key) => equalJson(each?.[key], json?.[key]))) : -1;
    const past = match < 0 ? undefined : { json: before[match], cel: beforeCel[match] };
    check(items, { json, cel: (value.cel as unknown[])[i] }, past, `${path}[${i}]`, errors, ratchets);
  }
}

function run(rule: Rule, node: RuleNode, value: Pair, old: Pair | undefined, path: string): FieldError | undefined {
  const past = old?.cel === undefined || old.cel === null ? undefined : old.cel;
  if (rule.transition && past === undefined && !rule.optionalOldSelf) return undefined;
  const oldSelf = rule.optionalOldSelf ? Optional.of(past) : past;
  const variables = { self: value.cel, ...(oldSelf !== undefined && { oldSelf }) };
  const outcome = rule.program.run(variables);
  const field = [path, rule.fieldPath].filter(Boolean).join(".") || "<nil>";
  const kind = JSON.stringify(node.schema.type ?? "object");
  const says = (text: string, reason = "FieldValueInvalid") => ({ reason, field, body: `Invalid value: ${kind}: ${text}` });
  if ("error" in outcome) {
    if (outcome.error === "no such overload") {
      const what = rule.message ?? rule.program.source;
      return says(`'no such overload': call arguments did not match a supported operator, function or macro signature for rule: ${what}`);
    }
    return says(`${outcome.error} evaluating rule: ${rule.message ?? rule.program.source}`);
  }
  if (outcome.value === true) return undefined;
  const text = messageOf(rule, variables);
  if (rule.reason === "FieldValueForbidden") return { reason: rule.reason, field, body: `Forbidden: ${text}` };
  if (rule.reason === "FieldValueRequired") return { reason: rule.reason, field, body: `Required value: ${text}` };
  if (rule.reason === "FieldValueDuplicate") return { reason: rule.reason, field, body: `Duplicate value: ${kind}` };
  return says(text);
}

function messageOf(rule: Rule, variables: Readonly<Record<string, unknown>>): string {
  const made = rule.messageExpression?.run(variables);
  if (made && "value" in made && typeof made.value === "string" && made.value.trim() && !made.value.includes("\n"))
    return made.value.trim();
  return rule.message ?? `failed rule: ${rule.program.source.trim()}`;
}
