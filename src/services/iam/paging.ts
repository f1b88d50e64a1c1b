// Marker and MaxItems, as every IAM listing has them.
import { validate } from "../validation.ts";
import { validationError } from "./errors.ts";

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/**
 * The asked-for part of a listing. `keyOf` must be unique and does not change between calls; the marker carries the last key given out,
 * so that entities which come and go meanwhile neither repeat nor hide others. Throws ValidationError for a foreign marker.
 */
export function page<T>(all: readonly T[], keyOf: (item: T) => string, { Marker, MaxItems }: PageInput): Page<T> {
  validate({ member: "maxItems", value: MaxItems, min: 1, max: 1000 });
  const after = Marker === undefined ? undefined : decode(Marker);
  const sorted = all.map((item) => [keyOf(item), item] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const rest = after === undefined ? sorted : sorted.filter(([key]) => key > after);
  const taken = rest.slice(0, MaxItems ?? 100);
  const last = taken.at(-1);
  const items = taken.map(([, item]) => item);
  return last && rest.length > taken.length ? { items, IsTruncated: true, Marker: encode(last[0]) } : { items, IsTruncated: false };
}

const encode = (key: string) => Buffer.from(`m1:${key}`).toString("base64");

function decode(marker: string): string {
  const text = Buffer.from(marker, "base64").toString();
  if (!text.startsWith("m1:")) throw validationError("Invalid Marker.");
  return text.slice(3);
}
