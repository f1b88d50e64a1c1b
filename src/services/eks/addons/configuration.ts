// Configuration values: JSON or YAML text that must satisfy the schema of the add-on's version (spec addons §4).
import { parseDocument } from "yaml";
import { type ErrorSubject, invalidParameter } from "../errors.ts";
import { schemaErrors } from "./schema-errors.ts";
import { configurationSchema } from "./schemas.ts";

const PREAMBLE = "ConfigurationValue provided in request is not supported:";
const LONGEST = 65_536;

/** Throws InvalidParameterException unless the text, if there is any, parses and satisfies the schema of that version. */
export function checkConfiguration(values: string | undefined, addonName: string, version: string, subject: ErrorSubject): void {
  if (!values) return;
  if (values.length > LONGEST) throw invalidParameter(`${PREAMBLE} it is longer than ${LONGEST} characters`, subject);
  const errors = schemaErrors(configurationSchema(addonName, version), parsed(values, subject));
  if (errors.length > 0) throw invalidParameter(`${PREAMBLE} Json schema validation failed with error: [${errors.join(", ")}]`, subject);
}

function parsed(values: string, subject: ErrorSubject): unknown {
  try {
    const document = parseDocument(values, { prettyErrors: false });
    const [problem] = document.errors;
    if (problem) throw problem;
    // Through JSON: what YAML has beyond it (dates, NaN) becomes what the validator knows. Aliases beyond the limit throw.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 50 }) ?? null));
  } catch (error) {
    throw invalidParameter(`${PREAMBLE} ${error instanceof Error ? error.message : error}`, subject);
  }
}
