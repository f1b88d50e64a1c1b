// Which requests a webhook wants to see.
import type { NewObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { FindEquivalents } from "./equivalents.ts";
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
  readonly matchPolicy?: "Exact" | "Equivalent";
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
}

/** A request in the form a webhook's rules name. */
export interface Matched {
  readonly request: AdmissionRequest;
  /** Brings a changed object back; absent when the form is the request's own. */
  readonly back?: (object: NewObject) => NewObject;
}

/** The form in which rules and selectors choose the request; undefined if they do not. */
export function webhookMatch(
  webhook: Webhook,
  request: AdmissionRequest,
  objects: ObjectStorage,
  equivalents: FindEquivalents,
): Matched | undefined {
  // Webhook configurations are never sent to webhooks, so that a broken one can be removed.
  if (request.group === "admissionregistration.k8s.io" && /webhookconfigurations$/.test(request.resource)) return undefined;
  const named = (each: AdmissionRequest) => (webhook.rules ?? []).some((rule) => ruleMatches(rule, each));
  if (!selectorsMatch(webhook, request, objects)) return undefined;
  if (named(request)) return { request };
  return webhook.matchPolicy === "Exact" ? undefined : equivalents(request).find((each) => named(each.request));
}
