// NextToken and MaxRecords.
import { badToken } from "./errors.ts";

/** One page of `all` in order of `keyOf`. Throws InvalidNextToken. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { MaxRecords = 50, NextToken }: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
): { items: T[]; NextToken?: string } {
  const after = NextToken === undefined ? "" : open(NextToken);
  const rest = all.filter((item) => keyOf(item) > after).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const items = rest.slice(0, Math.min(MaxRecords, 100));
  const last = items.at(-1);
  return last !== undefined && rest.length > items.length ? { items, NextToken: seal(keyOf(last)) } : { items };
}

const seal = (key: string) => Buffer.from(`a1:${key}`).toString("base64");

function open(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (!text.startsWith("a1:")) throw badToken();
  return text.slice(3);
}
