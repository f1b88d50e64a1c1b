// Unknown and mistyped members of a body: refused, warned about, or ignored (Kubernetes documentation, "Field validation").
import type { NewObject } from "../api/object.ts";
import { badRequest } from "../api/status.ts";
import type { WriteOptions } from "./context.ts";
import type { ResourceInfo } from "./resource.ts";

/** Throws 400 for a mistyped value, and in Strict mode for unknown and repeated fields; in Warn mode adds warnings. Removing them is normalisation's part. */
export function checkFields(object: NewObject, resource: ResourceInfo, options: WriteOptions): void {
  const { unknown: strange, mismatch } = resource.findings(object);
  const unknown = [...(options.duplicates ?? []), ...(options.applied ? [] : strange)];
  const what = `${resource.kind} in version "${resource.version}"`;
  if (mismatch) throw badRequest(`${what} cannot be handled as a ${resource.kind}: ${mismatch}`);
  if (unknown.length === 0) return;
  if (options.fieldValidation === "Strict") {
    throw badRequest(`${what} cannot be handled as a ${resource.kind}: strict decoding error: ${unknown.join(", ")}`);
  }
  if (options.fieldValidation === "Warn") options.warnings.push(...unknown);
}
