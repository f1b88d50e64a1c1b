// AWS Systems Manager, for the public parameters that name images for nodes.
import { type Service, service } from "../../aws/operation.ts";
import { parameters } from "./parameters.ts";

/** Makes the service; it keeps nothing. */
export const createSsm = (): Service => service("ssm", {}, parameters);
