// spec.conversion: how objects get from one version to another.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../../api/field-error.ts";
import { dns1035Label } from "../../../api/names.ts";

const path = "spec.conversion";
const client = `${path}.webhookClientConfig`;
const reviews = `${path}.conversionReviewVersions`;
const known = ["v1", "v1beta1"];

/** Findings about a conversion as v1 writes it; their paths are those of the API server's internal form. */
export function conversionErrors(conversion: any, old: any): FieldError[] {
  if (!conversion) return [];
  const { strategy = "", webhook = {} } = conversion;
  const { clientConfig, conversionReviewVersions = [] } = webhook;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required(`${path}.strategy`));
  else if (!["None", "Webhook"].includes(strategy)) errors.push(notSupported(`${path}.strategy`, strategy, ["None", "Webhook"]));
  if (strategy !== "Webhook") {
    const text = "should not be set when strategy is not set to Webhook";
    if (clientConfig) errors.push(forbiddenField(client, text));
    if (conversionReviewVersions.length > 0) errors.push(forbiddenField(reviews, text));
    return errors;
  }
  if (!clientConfig) errors.push(required(client, "required when strategy is set to Webhook"));
  else errors.push(...clientErrors(clientConfig));
  const before: string[] = old?.webhook?.conversionReviewVersions ?? [];
  const lenient = before.length > 0 && !before.some((each) => known.includes(each));
  return [...errors, ...reviewErrors(conversionReviewVersions, lenient)];
}

function clientErrors({ url, service }: any): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(client, "exactly one of url or service is required")];
  return url === undefined ? serviceErrors(service) : urlErrors(url);
}

const urlParts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/is;

function urlErrors(url: string): FieldError[] {
  const field = `${client}.url`;
  const form = "desired format: https://host[/path]";
  const [, scheme = "", authority = "", query, fragment] = urlParts.exec(url) ?? [];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const errors: FieldError[] = [];
  if (scheme.toLowerCase() !== "https") errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme; ${form}`));
  if (!host) errors.push(invalid(field, host, `host must be provided; ${form}`));
  if (at >= 0) errors.push(invalid(field, authority.slice(0, at), "user information is not permitted in the URL"));
  if (fragment) errors.push(invalid(field, fragment, "fragments are not permitted in the URL"));
  if (query) errors.push(invalid(field, query, "query parameters are not permitted in the URL"));
  return errors;
}

/** The API server takes name and namespace for each other here, and so names the wrong one when one is missing. */
function serviceErrors({ name, namespace, path: at, port = 443 }: any): FieldError[] {
  const field = `${client}.service`;
  const errors: FieldError[] = [];
  if (!namespace) errors.push(required(`${field}.name`, "service name is required"));
  if (!name) errors.push(required(`${field}.namespace`, "service namespace is required"));
  if (port < 1 || port > 65535) errors.push(invalid(`${field}.port`, port, "port is not valid: must be between 1 and 65535, inclusive"));
  if (at === "//") errors.push(invalid(`${field}.path`, at, "segment[0] may not be empty"));
  else if (at && !at.startsWith("/")) errors.push(invalid(`${field}.path`, at, "must start with a '/'"));
  return errors;
}

function reviewErrors(versions: readonly string[], lenient: boolean): FieldError[] {
  if (versions.length === 0) return [required(reviews)];
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    const problem = versions.indexOf(version) < i ? "duplicate version" : dns1035Label(version);
    if (problem) errors.push(invalid(`${reviews}[${i}]`, version, problem));
  }
  if (!lenient && !versions.some((each) => known.includes(each)))
    errors.push(invalid(reviews, versions, `must include at least one of ${known.join(", ")}`));
  return errors;
}
