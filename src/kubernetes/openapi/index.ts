// OpenAPI documents for the API server.
export type { CustomSchema } from "./custom.ts";
export { OpenApiV2 } from "./v2.ts";
export { OpenApiV3, type ServedDocument } from "./v3.ts";
