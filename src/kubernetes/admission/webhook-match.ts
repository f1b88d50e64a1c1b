// Which requests a webhook wants to see.
import type { ObjectStorage } from "../storage/objects.ts";
import { type MatchRule, ruleMatches, selectorsMatch } from "./match.ts";
import type { AdmissionRequest } from "./types.ts";

/** One webhook of a configuration, as far as Atoll reads it. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly caBundle?: string;
    readonly service?: { namespace: string; name: string; path?: string; port?: number };
  };
  readonly rules?: readonly MatchRule[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly matchConditions?: readonly { name: string; expression: string }[];
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
}

/** Whether rules and selectors choose the request. */
export function webhookMatches(webhook: Webhook, request: AdmissionRequest, objects: ObjectStorage): boolean {
  // Webhook configurations are never sent to webhooks, so that a broken one can be removed.
  if (request.group === "admissionregistration.k8s.io" && /webhookconfigurations$/.test(request.resource)) return false;
  return (webhook.rules ?? []).some((rule) => ruleMatches(rule, request)) && selectorsMatch(webhook, request, objects);
}
