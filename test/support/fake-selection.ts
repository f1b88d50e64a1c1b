// Label and field selectors of the fake API.
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import type { Selection } from "../../src/kubernetes/client/client.ts";

/** Does a selection take an object in. Knows `a=b`, `a!=b`, `a`, `!a` for labels and `path=value`, `path!=value` for fields. */
export function selects(selection: Selection, object: KubeObject): boolean {
  if (selection.namespace && selection.namespace !== object.metadata.namespace) return false;
  const labels = object.metadata.labels ?? {};
  return (
    terms(selection.labelSelector).every((term) => holds(term, (key) => labels[key])) &&
    terms(selection.fieldSelector).every((term) =>
      holds(term, (path) => path.split(".").reduce((at: any, step) => at?.[step], object) ?? ""),
    )
  );
}

function terms(selector: string | undefined): string[] {
  return selector ? selector.split(",") : [];
}

function holds(term: string, value: (key: string) => string | undefined): boolean {
  const unequal = /^(.*?)!=(.*)$/.exec(term);
  if (unequal) return value(unequal[1]!) !== unequal[2];
  const equal = /^(.*?)==?(.*)$/.exec(term);
  if (equal) return value(equal[1]!) === equal[2];
  return term.startsWith("!") ? value(term.slice(1)) === undefined : value(term) !== undefined;
}
