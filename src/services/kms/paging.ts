// Marker and Limit, as every KMS listing has them.
import { badMarker } from "./errors.ts";

/** One page of `all`, sorted by `keyOf`. Throws InvalidMarkerException. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { Limit = 50, Marker }: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
): { items: T[]; rest: { Truncated: boolean; NextMarker?: string } } {
  const after = Marker === undefined ? "" : open(Marker);
  const remaining = all.filter((item) => keyOf(item) > after).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const items = remaining.slice(0, Limit);
  const last = items.at(-1);
  const more = last !== undefined && remaining.length > items.length;
  return { items, rest: more ? { Truncated: true, NextMarker: seal(keyOf(last)) } : { Truncated: false } };
}

const seal = (key: string) => Buffer.from(`k1:${key}`).toString("base64");

function open(marker: string): string {
  const text = Buffer.from(marker, "base64").toString();
  if (!text.startsWith("k1:")) throw badMarker();
  return text.slice(3);
}
