// Which requests a webhook wants to see.
import { selectorOf } from "../api/label-selector.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionRequest } from "./types.ts";

/** One webhook of a configuration, as far as Atoll reads it. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly caBundle?: string;
    readonly service?: { namespace: string; name: string; path?: string; port?: number };
  };
  readonly rules?: readonly { operations?: string[]; apiGroups?: string[]; apiVersions?: string[]; resources?: string[]; scope?: string }[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly matchConditions?: readonly { name: string; expression: string }[];
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
}

const has = (list: readonly string[] | undefined, value: string) => list !== undefined && (list.includes(value) || list.includes("*"));

/** Whether rules and selectors choose the request. */
export function webhookMatches(webhook: Webhook, request: AdmissionRequest, objects: ObjectStorage): boolean {
  // Webhook configurations are never sent to webhooks, so that a broken one can be removed.
  if (request.group === "admissionregistration.k8s.io" && /webhookconfigurations$/.test(request.resource)) return false;
  const rule = (webhook.rules ?? []).some((each) => {
    if (!has(each.operations, request.operation) || !has(each.apiGroups, request.group) || !has(each.apiVersions, request.version))
      return false;
    const namespaced = request.namespace !== "" && request.resource !== "namespaces";
    if (each.scope === "Cluster" && namespaced) return false;
    if (each.scope === "Namespaced" && !namespaced) return false;
    return (each.resources ?? []).some((text) => resourceMatches(text, request));
  });
  if (!rule) return false;
  if (!isEmpty(webhook.namespaceSelector)) {
    const own = request.group === "" && request.resource === "namespaces";
    const labels = own
      ? (request.object ?? request.oldObject)?.metadata.labels
      : request.namespace && objects.get({ group: "", plural: "namespaces" }, "", request.namespace)?.metadata.labels;
    if ((own || request.namespace) && !selectorOf(webhook.namespaceSelector)(labels || undefined)) return false;
  }
  if (isEmpty(webhook.objectSelector)) return true;
  const chosen = selectorOf(webhook.objectSelector);
  return [request.object, request.oldObject].some((each) => each !== undefined && chosen(each.metadata.labels));
}

const isEmpty = (selector: object | undefined) => !selector || Object.keys(selector).length === 0;

function resourceMatches(text: string, { resource, subresource }: AdmissionRequest): boolean {
  const [wanted, sub = ""] = text.split("/");
  if (text === "*/*") return true;
  if (wanted !== "*" && wanted !== resource) return false;
  return sub === "*" || sub === subresource;
}
