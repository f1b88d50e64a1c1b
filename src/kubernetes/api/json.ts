// Small helpers over JSON values.

/** Any JSON value. */
export type Json = any;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, any> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deep equality of JSON values; key order does not matter and members that are undefined do not count. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  for (const key in a) if (a[key] !== undefined && !(Object.hasOwn(b, key) && equalJson(a[key], b[key]))) return false;
  for (const key in b) if (b[key] !== undefined && (!Object.hasOwn(a, key) || a[key] === undefined)) return false;
  return true;
}

/** Deep copy of a JSON value; shares nothing. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, any> = {};
  for (const key in value) {
    const member = cloneJson((value as any)[key]);
    // A member named __proto__ would otherwise set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: member, enumerable: true, configurable: true, writable: true });
    else copy[key] = member;
  }
  return copy as T;
}

let latest = { second: Number.NaN, text: "" };

/** RFC 3339 with second precision, as metav1.Time prints. Objects written within a second share one text. */
export function timestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== latest.second) latest = { second, text: `${new Date(milliseconds).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

/** RFC 3339 with microseconds, as metav1.MicroTime prints. */
export function microTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}
