// Filters, ids and pages of Describe operations, the same for all of them (EC2 API Reference, "Filter").
import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { ec2Error, invalidCombination, invalidValue } from "./errors.ts";
import { missing, type NamedKind } from "./kinds.ts";
import type { Tags } from "./records.ts";

/** What a filter compares: the values a view has for it. */
export type Field<V> = (view: V) => string | number | boolean | undefined | readonly (string | number | boolean | undefined)[];

/** Filters an operation knows, by name. `tag:` and `tag-key` come by themselves. */
export type Fields<V> = Readonly<Record<string, Field<V>>>;

/** `*` is any run of characters, `?` any one, a backslash takes the next literally. */
function matcher(pattern: string): (text: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const source = pattern.replace(/\\(.)|([*?])|([.+^${}()|[\]\\])/g, (_, literal?: string, wild?: string, special?: string) => {
    if (literal !== undefined) return literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    if (wild !== undefined) return wild === "*" ? ".*" : ".";
    return `\\${special}`;
  });
  const expression = new RegExp(`^${source}$`, "s");
  return (text) => expression.test(text);
}

/** A predicate for a list of filters: all must match, each by any of its values. */
export function filterBy<V extends object>(filters: readonly Filter[] | undefined, fields: Fields<V>): (view: V) => boolean {
  const tests = (filters ?? []).map(({ Name: name = "", Values: values }) => {
    if (!values || values.length === 0) throw invalidValue(`The filter '${name}' must have at least one value`);
    if (values.length > 200) throw ec2Error("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200");
    const matchers = values.map(matcher);
    const any = (actual: readonly unknown[]) =>
      actual.some((value) => value !== undefined && matchers.some((matches) => matches(String(value))));
    if (name.startsWith("tag:")) {
      const wanted = name.slice(4);
      return (view: V) => any(tagsOf(view).flatMap(([key, value]) => (key === wanted ? [value] : [])));
    }
    if (name === "tag-key") return (view: V) => any(tagsOf(view).map(([key]) => key));
    if (name === "tag-value") return (view: V) => any(tagsOf(view).map(([, value]) => value));
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) throw invalidValue(`The filter '${name}' is invalid`);
    return (view: V) => any([field(view)].flat());
  });
  return (view) => tests.every((test) => test(view));
}

/** Tags of a view, or of a record. */
function tagsOf(object: object): (readonly [string, string])[] {
  const { Tags, tags } = object as { Tags?: Tag[] | undefined; tags?: Tags | undefined };
  return Tags ? Tags.map(({ Key = "", Value = "" }) => [Key, Value]) : Object.entries(tags ?? {});
}

/** Input members all Describe operations share. */
export interface DescribeInput {
  readonly Filters?: Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** One page of an operation's answer. */
export interface Page<V> {
  readonly items: V[];
  readonly NextToken: string | undefined;
}

/** Cuts one page of items in key order. `MaxResults` must lie in [minimum, maximum]; without it everything is one page. */
export function paginate<V>(items: readonly V[], key: (item: V) => string, input: DescribeInput, minimum = 5, maximum = 1000): Page<V> {
  const size = input.MaxResults;
  if (size !== undefined && (size < minimum || size > maximum)) {
    const bound = size < minimum ? `greater than or equal to ${minimum}` : `less than or equal to ${maximum}`;
    throw invalidValue(`Value ( ${size} ) for parameter maxResults is invalid. Expecting a value ${bound}.`);
  }
  let rest = items;
  if (input.NextToken) {
    const [version, after] = Buffer.from(input.NextToken, "base64url").toString().split("\n");
    if (version !== "v1" || after === undefined) throw invalidValue("The pagination token is invalid.");
    rest = items.filter((item) => key(item) > after);
  }
  const taken = size === undefined ? rest.slice() : rest.slice(0, size);
  const more = taken.length < rest.length;
  return { items: taken, NextToken: more ? Buffer.from(`v1\n${key(taken.at(-1)!)}`).toString("base64url") : undefined };
}

/** Everything a Describe operation needs to answer. */
export interface Described<R extends { readonly id: string }, V extends object> {
  readonly input: DescribeInput;
  readonly kind: NamedKind;
  /** Ids asked for, and the name of their parameter. */
  readonly ids?: readonly string[] | undefined;
  readonly idsName?: string;
  readonly get: (id: string) => R | undefined;
  readonly list: () => readonly R[];
  readonly view: (record: R) => V;
  readonly fields: Fields<V>;
  /** What filters of these names read in records: a record that fails them, or a filter of its tags, is not made into a view. */
  readonly facts?: Fields<R>;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Answers a Describe operation: by ids or all, filtered, one page. Throws the kind's NotFound for an unknown id. */
export function describe<R extends { readonly id: string }, V extends object>(request: Described<R, V>): Page<V> {
  const { input, ids, kind } = request;
  const matches = filterBy(input.Filters, request.fields);
  if (ids && ids.length > 0) {
    if (input.MaxResults !== undefined) {
      throw invalidCombination(`The parameter ${request.idsName ?? "Ids"} cannot be used with the parameter MaxResults`);
    }
    const records = [...new Set(ids)].map((id) => {
      const record = request.get(id);
      if (!record) throw missing(kind, id);
      return record;
    });
    return { items: records.map(request.view).filter(matches), NextToken: undefined };
  }
  const { facts } = request;
  const early = facts && input.Filters?.filter(({ Name = "" }) => Name in facts || Name.startsWith("tag"));
  const mayMatch = facts ? filterBy(early, facts) : () => true;
  const found = request
    .list()
    .filter(mayMatch)
    .map((record) => ({ id: record.id, view: request.view(record) }))
    .filter(({ view }) => matches(view));
  const { items, NextToken } = paginate(found, ({ id }) => id, input, request.minimum, request.maximum);
  return { items: items.map(({ view }) => view), NextToken };
}
