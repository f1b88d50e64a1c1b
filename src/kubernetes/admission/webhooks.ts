// Mutating and validating admission webhooks (Kubernetes documentation, "Dynamic Admission Control").
import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { isObject } from "../api/json.ts";
import { badRequest, failure, forbidden, internalError } from "../api/status.ts";
import type { Attributes, Verdict } from "../auth/types.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { conditionsMatch } from "./policies/conditions.ts";
import { requestOf } from "./policies/variables.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";
import { callWebhook, type ResolveService } from "./webhook-call.ts";
import { type Webhook, webhookMatches } from "./webhook-match.ts";

const group = "admissionregistration.k8s.io";

/** Runs the stored configurations: mutating webhooks one after the other by name, validating ones at once. */
export function webhooks(
  objects: ObjectStorage,
  clock: Clock,
  resolve: ResolveService | undefined,
  authorize: (attributes: Attributes) => Verdict,
): AdmissionPlugin {
  const wanted = (hook: Webhook, request: AdmissionRequest): boolean => {
    if (!webhookMatches(hook, request, objects)) return false;
    if (!hook.matchConditions?.length) return true;
    const matched = conditionsMatch(hook.matchConditions, request, authorize);
    if (typeof matched === "boolean") return matched;
    if (hook.failurePolicy === "Ignore") return false;
    const resource = { group: request.group, plural: request.resource };
    throw forbidden(
      resource,
      request.name,
      `failed to evaluate match conditions of webhook ${JSON.stringify(hook.name)}: ${matched.error}`,
    );
  };
  const chosen = (plural: string, request: AdmissionRequest): Webhook[] => {
    const resource = { group, plural };
    if (objects.count(resource) === 0) return [];
    return objects.list(resource).flatMap((each) => ((each.webhooks ?? []) as Webhook[]).filter((hook) => wanted(hook, request)));
  };
  return {
    name: "Webhooks",
    async mutate(request) {
      for (const hook of chosen("mutatingwebhookconfigurations", request)) {
        const response = await ask(hook, request, clock, resolve);
        if (response?.patch && request.object) change(hook, request, response);
      }
    },
    async validate(request) {
      if (request.operation === "DELETE") {
        for (const hook of chosen("mutatingwebhookconfigurations", request)) await ask(hook, request, clock, resolve);
      }
      await Promise.all(chosen("validatingwebhookconfigurations", request).map((hook) => ask(hook, request, clock, resolve)));
    },
  };
}

interface Response {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly patch?: string;
  readonly patchType?: string;
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number };
  readonly warnings?: readonly string[];
}

/** Asks one webhook. Undefined: it failed and may be ignored. Throws its refusal. */
async function ask(
  hook: Webhook,
  request: AdmissionRequest,
  clock: Clock,
  resolve: ResolveService | undefined,
): Promise<Response | undefined> {
  if (request.dryRun && !["None", "NoneOnDryRun"].includes(hook.sideEffects ?? ""))
    throw badRequest(`admission webhook "${hook.name}" does not support dry run`);
  let response: Response;
  try {
    const uid = randomUUID();
    const answer = (await callWebhook(hook, reviewOf(request, uid), clock, resolve)) as { response?: Response };
    if (!isObject(answer) || !isObject(answer.response)) throw new Error("Webhook response was absent");
    response = answer.response;
    if (response.uid !== uid) throw new Error(`expected response.uid="${uid}", got "${response.uid ?? ""}"`);
  } catch (error) {
    if (hook.failurePolicy === "Ignore") return undefined;
    throw internalError(`failed calling webhook "${hook.name}": failed to call webhook: ${(error as Error).message}`);
  }
  for (const text of response.warnings ?? []) request.warnings?.push(String(text));
  if (response.allowed) return response;
  const { message, reason, code } = response.status ?? {};
  const text = message || reason;
  const explained = text ? `denied the request: ${text}` : "denied the request without explanation";
  throw failure(code && code >= 400 && code < 600 ? code : 403, reason || "Forbidden", `admission webhook "${hook.name}" ${explained}`);
}

function change(hook: Webhook, request: AdmissionRequest, response: Response): void {
  const object = request.object as Record<string, unknown>;
  let next: unknown;
  try {
    if (response.patchType !== "JSONPatch") throw new Error(`invalid patch type ${response.patchType ?? ""}`);
    next = applyJsonPatch(object, JSON.parse(Buffer.from(response.patch as string, "base64").toString()));
    if (!isObject(next) || !isObject(next.metadata)) throw new Error("the patch does not leave an object");
  } catch (error) {
    throw internalError(`admission webhook "${hook.name}" returned a patch that cannot be applied: ${(error as Error).message}`);
  }
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, next);
}

function reviewOf(request: AdmissionRequest, uid: string): object {
  const { object = null, oldObject = null } = request;
  return { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid, ...requestOf(request), object, oldObject } };
}
