// The one error of filter patterns.
import type { AwsError } from "../../../aws/errors.ts";
import { invalid } from "../errors.ts";

export const invalidPattern = (): AwsError => invalid("Invalid filter pattern");
