// Query and path parameters of the API's operations.

/** A parameter of an operation, without its dialect's form. */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "boolean" | "integer";
}

const query = (name: string, type: Parameter["type"] = "string"): Parameter => ({ name, in: "query", type });

export const pretty = query("pretty");

/** Every write takes these; kubectl validates on the server only where it sees `fieldValidation`. */
export const writeParameters: readonly Parameter[] = [query("dryRun"), query("fieldManager"), query("fieldValidation")];

export const listParameters: readonly Parameter[] = [
  query("allowWatchBookmarks", "boolean"),
  query("continue"),
  query("fieldSelector"),
  query("labelSelector"),
  query("limit", "integer"),
  query("resourceVersion"),
  query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];

export const deleteParameters: readonly Parameter[] = [
  query("dryRun"),
  query("gracePeriodSeconds", "integer"),
  query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy"),
];

export const forceParameter = query("force", "boolean");

/** The parameters that a path itself names. */
export function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({ name: match[1]!, in: "path", type: "string" }));
}
