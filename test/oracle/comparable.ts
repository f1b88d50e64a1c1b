// What of an answer two servers must have in common: not names they choose, times, nor fields younger than the real one's release.
import type { Answer } from "../support/https-request.ts";

/** Members that releases after 1.20 default or that a server chooses. */
const chosen = new Set(["uid", "resourceVersion", "creationTimestamp", "selfLink", "time", "deletionTimestamp", "clusterIP", "clusterIPs"]);

/** Status code with the object and its owners, or with the reason and causes of the refusal. */
export function comparable(answer: Answer): object {
  const { status, json } = answer;
  if (status >= 400 || json.kind === "Status") {
    const { reason, details } = json;
    // How schemas are quoted when they refuse something has changed since.
    if (status === 422) return { status, reason };
    const causes = (details?.causes ?? []).map((cause: any) => ({ ...cause, message: withoutTimes(cause.message) })).sort(byText);
    return { status, reason, causes };
  }
  const { managedFields, ...metadata } = json.metadata;
  const owners = (managedFields ?? []).map(({ manager, operation, apiVersion, fieldsV1 }: any) => ({
    manager,
    operation,
    apiVersion,
    fields: paths(fieldsV1),
  }));
  return { status, object: cleaned({ ...json, metadata }), owners: owners.sort(byText) };
}

const withoutTimes = (text: string) => text.replace(/ at \d{4}-[^ ]+/, "").replace(/ using [^ ]+/, "");
const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !chosen.has(key))
      .map(([key, member]) => [key, cleaned(member)]),
  );
}

/** The fields of a set as sorted paths; a label selector is one field since 1.22, so that its members are left out. */
function paths(fields: Record<string, any>, prefix = ""): string[] {
  const own = Object.entries(fields).flatMap(([key, member]) =>
    key === "."
      ? [prefix]
      : key === "f:selector"
        ? [`${prefix}/${key}`]
        : Object.keys(member).length === 0
          ? [`${prefix}/${key}`]
          : paths(member, `${prefix}/${key}`),
  );
  return own.sort();
}
