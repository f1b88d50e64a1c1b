// Filter patterns of FilterLogEvents and TestMetricFilter (CloudWatch Logs User Guide, filter pattern syntax; spec audit §F.3).
import { parseFieldPattern } from "./fields.ts";
import { parseJsonPattern } from "./json.ts";
import { parseTerms } from "./terms.ts";

/** Whether a message matches. */
export type MessageFilter = (message: string) => boolean;

/** Prepares a pattern. Throws InvalidParameterException `Invalid filter pattern`. */
export function parseFilterPattern(pattern: string): MessageFilter {
  const text = pattern.trim();
  if (text.startsWith("{")) return parseJsonPattern(text);
  if (text.startsWith("[")) return parseFieldPattern(text);
  return parseTerms(text);
}
