// Rules in one line each: `get,list pods,services @apps` and `get /healthz*`.
//
//   verbs resources [@groups] [=names]     groups default to the core group, written "" when listed with others
//   verbs /url,/url                        non-resource URLs
import type { PolicyRule } from "../types.ts";

const shorthand: Readonly<Record<string, string>> = {
  read: "get,list,watch",
  write: "create,delete,deletecollection,patch,update",
  all: "create,delete,deletecollection,get,list,patch,update,watch",
};

/** Parses one line. */
export function rule(line: string): PolicyRule {
  const [verbs = "", what = "", ...options] = line.trim().split(/\s+/);
  const list = (text: string) => text.split(",").map((each) => (each === '""' ? "" : each));
  const expanded = list(verbs).flatMap((verb) => list(shorthand[verb] ?? verb));
  if (what.startsWith("/") || what.startsWith("url:")) return { verbs: expanded, nonResourceURLs: list(what.replace(/^url:/, "")) };
  const groups = options.find((each) => each.startsWith("@"))?.slice(1) ?? '""';
  const names = options.find((each) => each.startsWith("="))?.slice(1);
  return { verbs: expanded, apiGroups: list(groups), resources: list(what), ...(names && { resourceNames: list(names) }) };
}

/** Parses lines, skipping empty ones. */
export function rules(text: string): PolicyRule[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(rule);
}
