// What representation of objects an Accept header asks for.
import type { MetaVersion } from "./partial.ts";

/** The object itself, a Table, or metadata only; in which version of meta.k8s.io. */
export type Representation =
  | { readonly as: "object" }
  | { readonly as: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList"; readonly version: MetaVersion };

/**
 * The first media range the server can answer, or undefined when there is none (406). An absent header takes the object.
 * `application/json`, `*` ranges, YAML and protobuf (answered as JSON) stand for the object itself.
 */
export function acceptedRepresentation(accept: string | undefined): Representation | undefined {
  const ranges = (accept ?? "").split(",").filter((range) => range.trim() !== "");
  if (ranges.length === 0) return { as: "object" };
  for (const range of ranges) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const values = new Map(parameters.map((parameter) => parameter.split("=", 2) as [string, string]));
    const as = values.get("as");
    const known = /^(application\/(json|yaml|vnd\.kubernetes\.protobuf|\*)|\*\/\*)$/.test(type);
    if (!known) continue;
    if (as === undefined) return { as: "object" };
    const version = values.get("v");
    if (values.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) continue;
    if (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return { as, version };
  }
  return undefined;
}
