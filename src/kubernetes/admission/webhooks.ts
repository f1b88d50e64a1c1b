// Mutating and validating admission webhooks (Kubernetes documentation, "Dynamic Admission Control").
import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { isObject } from "../api/json.ts";
import type { NewObject } from "../api/object.ts";
import { badRequest, failure, forbidden, internalError } from "../api/status.ts";
import type { Attributes, Verdict } from "../auth/types.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { FindEquivalents } from "./equivalents.ts";
import { leavesObject, overwrite } from "./overwrite.ts";
import { conditionsMatch } from "./policies/conditions.ts";
import { commonVariables, requestOf } from "./policies/variables.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";
import { callWebhook, type ResolveService } from "./webhook-call.ts";
import { type Matched, type Webhook, webhookMatch } from "./webhook-match.ts";

const group = "admissionregistration.k8s.io";

/** What webhooks need of a server. */
export interface WebhookDeps {
  readonly objects: ObjectStorage;
  readonly clock: Clock;
  readonly resolve: ResolveService | undefined;
  authorize(attributes: Attributes): Verdict;
  readonly equivalents: FindEquivalents;
}

/** A webhook that wants a request, in the form it wants it. */
interface Call extends Matched {
  readonly hook: Webhook;
  readonly configuration: string;
}

/** Runs the stored configurations: mutating webhooks one after the other by name, validating ones at once. */
export function webhooks(deps: WebhookDeps): AdmissionPlugin {
  const { objects, authorize, equivalents } = deps;
  const wanted = (hook: Webhook, request: AdmissionRequest): Matched | undefined => {
    const match = webhookMatch(hook, request, objects, equivalents);
    if (!match || !hook.matchConditions?.length) return match;
    const scope = Object.assign(commonVariables(match.request, authorize), { namespaceObject: null });
    const holds = conditionsMatch(hook.matchConditions, scope);
    if (typeof holds === "boolean") return holds ? match : undefined;
    if (hook.failurePolicy === "Ignore") return undefined;
    const resource = { group: request.group, plural: request.resource };
    const why = `failed to evaluate match conditions of webhook ${JSON.stringify(hook.name)}: ${holds.error}`;
    throw forbidden(resource, request.name, why);
  };
  const configured = function* (plural: string): Generator<{ configuration: string; hook: Webhook }> {
    if (objects.count({ group, plural }) === 0) return;
    for (const each of objects.list({ group, plural }))
      for (const hook of (each.webhooks ?? []) as Webhook[]) yield { configuration: each.metadata.name, hook };
  };
  const calls = (plural: string, request: AdmissionRequest): Call[] =>
    [...configured(plural)].flatMap((each) => {
      const match = wanted(each.hook, request);
      return match ? [{ ...each, ...match }] : [];
    });
  return {
    name: "Webhooks",
    connections: true,
    async mutate(request, rounds) {
      const turns = rounds?.of("webhooks");
      turns?.begin(request.object);
      let index = -1;
      for (const { configuration, hook } of configured("mutatingwebhookconfigurations")) {
        index++;
        const id = `${configuration}/${hook.name}`;
        // What an earlier webhook changed may decide whether a later one wants the request.
        const match = turns?.isDue(id) === false ? undefined : wanted(hook, request);
        if (!match) continue;
        const place = `round_${rounds?.again ? 1 : 0}_index_${index}`;
        const response = await ask({ hook, configuration, ...match }, deps, `mutating.webhook.admission.k8s.io/${place}`);
        const mutated =
          response?.patch !== undefined && request.object !== undefined && change(hook, match, request, response.patch, response.patchType);
        if (response)
          request.annotate?.(`mutation.webhook.admission.k8s.io/${place}`, JSON.stringify({ configuration, webhook: hook.name, mutated }));
        turns?.asked(id, mutated, hook.reinvocationPolicy === "IfNeeded");
      }
      turns?.end(request.object);
    },
    async validate(request) {
      const place = (kind: string, index: number) => `${kind}.webhook.admission.k8s.io/round_0_index_${index}`;
      if (request.operation === "DELETE") {
        for (const [i, call] of calls("mutatingwebhookconfigurations", request).entries()) await ask(call, deps, place("mutating", i));
      }
      await Promise.all(calls("validatingwebhookconfigurations", request).map((call, i) => ask(call, deps, place("validating", i))));
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
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** Asks one webhook. Undefined: it failed and may be ignored, which is noted as `failed-open.<place>`. Throws its refusal. */
async function ask({ hook, request }: Call, { clock, resolve }: WebhookDeps, place: string): Promise<Response | undefined> {
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
    if (hook.failurePolicy === "Ignore") {
      request.annotate?.(`failed-open.${place}`, hook.name);
      return undefined;
    }
    throw internalError(`failed calling webhook "${hook.name}": failed to call webhook: ${(error as Error).message}`);
  }
  for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) request.annotate?.(`${hook.name}/${key}`, String(value));
  for (const text of response.warnings ?? []) request.warnings?.push(String(text));
  if (response.allowed) return response;
  const { message, reason, code } = response.status ?? {};
  const text = message || reason;
  const explained = text ? `denied the request: ${text}` : "denied the request without explanation";
  throw failure(code && code >= 400 && code < 600 ? code : 400, reason ?? "", `admission webhook "${hook.name}" ${explained}`);
}

/** Applies a webhook's patch to the request's object; false if it changes nothing. */
function change(hook: Webhook, match: Matched, request: AdmissionRequest, patch: string, patchType: string | undefined): boolean {
  let next: unknown;
  try {
    if (patchType !== "JSONPatch") throw new Error(`invalid patch type ${patchType ?? ""}`);
    next = applyJsonPatch(match.request.object, JSON.parse(Buffer.from(patch, "base64").toString()));
    if (!leavesObject(next, request)) throw new Error("the patch does not leave an object");
  } catch (error) {
    throw internalError(`admission webhook "${hook.name}" returned a patch that cannot be applied: ${(error as Error).message}`);
  }
  const own = match.back ? match.back(next as NewObject) : (next as NewObject);
  return overwrite(request.object as NewObject, own);
}

function reviewOf(request: AdmissionRequest, uid: string): object {
  const { object = null, oldObject = null } = request;
  return { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid, ...requestOf(request), object, oldObject } };
}
