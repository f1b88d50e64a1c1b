// Content negotiation: which form of an answer a client wants.
import { notAcceptable } from "../../api/status.ts";

/** The forms an object can be answered in. */
export interface Format {
  readonly as: "object" | "table" | "metadata";
  readonly yaml: boolean;
}

const plain: Format = { as: "object", yaml: false };
const offered = ["application/json", "application/yaml"];

/** The first acceptable form of an Accept header. Throws 406 when there is none. */
export function acceptedFormat(accept: string | undefined): Format {
  if (!accept) return plain;
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const values = new Map(parameters.map((each) => each.split("=", 2) as [string, string]));
    const as = values.get("as");
    const yaml = type === "application/yaml";
    if (!yaml && type !== "application/json" && type !== "*/*" && type !== "application/*" && type !== "text/*") continue;
    if (as === undefined) return yaml ? { as: "object", yaml: true } : plain;
    if (values.get("g") !== "meta.k8s.io" || !["v1", "v1beta1"].includes(values.get("v") ?? "")) continue;
    if (as === "Table") return { as: "table", yaml };
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return { as: "metadata", yaml };
  }
  throw notAcceptable(offered);
}
