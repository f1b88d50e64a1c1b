// Tables and metadata projections for the API server.
export { acceptedRepresentation, type Representation } from "./accept.ts";
export { humanDuration, since } from "./age.ts";
export type { PrinterColumn } from "./custom.ts";
export { compileJsonPath, type JsonPath } from "./jsonpath.ts";
export { type MetaVersion, partialMetadata, partialMetadataList } from "./partial.ts";
export { type PodSummary, summarizePod } from "./pod.ts";
export { type IncludeObject, type Printable, type Table, type TableOptions, toTable } from "./table.ts";
