// pods/eviction: a deletion that asks the pod's disruption budget first (policy/v1).
import { cloneJson, timestamp } from "../../api/json.ts";
import { selectorOf } from "../../api/label-selector.ts";
import type { KubeObject, NewObject, Status } from "../../api/object.ts";
import { badRequest, failure, success, tooManyRequests } from "../../api/status.ts";
import type { ServerContext, Target, WriteOptions } from "../context.ts";
import { deleteObject } from "../delete.ts";
import { deleteRequest } from "../http/options.ts";
import { readObject } from "../read.ts";

const budgets = { group: "policy", plural: "poddisruptionbudgets" };

/** Evicts a pod. Throws 429 with Retry-After while its budget has nothing to give, 500 for several budgets. */
export async function evictPod(context: ServerContext, target: Target, body: NewObject, given: WriteOptions): Promise<Status> {
  if (body.metadata?.name && body.metadata.name !== target.name) {
    throw badRequest(`name in URL does not match name in Eviction object`);
  }
  const pod = readObject(context, target);
  const request = deleteRequest(new URLSearchParams(given.dryRun ? "dryRun=All" : ""), body.deleteOptions);
  // Whether nothing is to happen may be said in the query and in the body; kubectl says it in the body.
  if (given.dryRun && !request.dryRun) throw badRequest("Non-matching dry-run options in request and content: [All] and []");
  const options = { ...given, dryRun: request.dryRun };
  if (!ignoresBudget(pod)) {
    const matching = context.objects
      .list(budgets, target.namespace)
      .filter((budget) => selectorOf(budget.spec?.selector)(pod.metadata.labels));
    if (matching.length > 1)
      throw failure(
        500,
        "InternalError",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      );
    if (matching[0]) await takeDisruption(context, matching[0], pod, options);
  }
  await deleteObject(context, { ...target, subresource: "" }, request, options);
  return success({ code: 201 });
}

function ignoresBudget(pod: KubeObject): boolean {
  return ["Succeeded", "Failed", "Pending"].includes(pod.status?.phase) || pod.metadata.deletionTimestamp !== undefined;
}

async function takeDisruption(context: ServerContext, budget: KubeObject, pod: KubeObject, options: WriteOptions): Promise<void> {
  const { name, generation = 0 } = budget.metadata;
  const status = budget.status ?? {};
  const ready = pod.status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True");
  if (!ready) {
    const policy = budget.spec?.unhealthyPodEvictionPolicy;
    if (policy === "AlwaysAllow") return;
    if ((status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0) return;
  }
  const refuse = (message: string, retry: number) =>
    tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retry, {
      causes: [{ reason: "DisruptionBudget", message }],
    });
  if ((status.observedGeneration ?? 0) < generation) {
    throw refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if ((status.disruptionsAllowed ?? 0) <= 0) {
    const needs = `needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`;
    throw refuse(`The disruption budget ${name} ${needs}`, 0);
  }
  if (options.dryRun) return;
  const next = cloneJson(budget);
  next.status.disruptionsAllowed--;
  next.status.disruptedPods = { ...next.status.disruptedPods, [pod.metadata.name]: timestamp(context.now()) };
  context.objects.put(budgets, next);
}
