// Unknown and mistyped members of a body: refused, warned about, or ignored (Kubernetes documentation, "Field validation").
import type { NewObject } from "../api/object.ts";
import { badRequest } from "../api/status.ts";
import type { WriteOptions } from "./context.ts";
import type { ResourceInfo } from "./resource.ts";

/** Throws 400 for a mistyped value, and in Strict mode for unknown fields; in Warn mode adds warnings. Unknown members of built-in kinds are removed. */
export function checkFields(object: NewObject, resource: ResourceInfo, options: WriteOptions): void {
  const { unknown, mismatch } = resource.findings(object);
  const what = `${resource.kind} in version "${resource.version}"`;
  if (mismatch) throw badRequest(`${what} cannot be handled as a ${resource.kind}: ${mismatch}`);
  if (unknown.length === 0) return;
  if (options.fieldValidation === "Strict") {
    throw badRequest(`${what} cannot be handled as a ${resource.kind}: strict decoding error: ${unknown.join(", ")}`);
  }
  if (options.fieldValidation === "Warn") options.warnings.push(...unknown);
  if (!resource.custom) for (const text of unknown) removePath(object, /^unknown field "(.*)"$/.exec(text)?.[1] ?? "");
}

/** Removes the member a finding names: `spec.containers[0].foo`. Members whose own name has a dot are found by trying. */
function removePath(value: any, path: string): void {
  if (typeof value !== "object" || value === null || path === "") return;
  if (!Array.isArray(value) && Object.hasOwn(value, path)) {
    delete value[path];
    return;
  }
  const index = /^\[(\d+)\]\.?(.*)$/s.exec(path);
  if (index && Array.isArray(value)) {
    removePath(value[Number(index[1])], index[2]!);
    return;
  }
  for (const key of Object.keys(value)) {
    if (!path.startsWith(key)) continue;
    const rest = path.slice(key.length);
    if (rest.startsWith(".") || rest.startsWith("[")) removePath(value[key], rest.replace(/^\./, ""));
  }
}
