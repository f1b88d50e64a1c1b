// spec.conversion: how objects get from one version to another.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../../api/field-error.ts";
import { dns1035Label } from "../../../api/names.ts";
import { clientErrors } from "../../kinds/webhooks.ts";

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
  else errors.push(...clientErrors(clientConfig, client));
  const before: string[] = old?.webhook?.conversionReviewVersions ?? [];
  const lenient = before.length > 0 && !before.some((each) => known.includes(each));
  return [...errors, ...reviewErrors(conversionReviewVersions, lenient)];
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
