// Stage 5: everything IAM must allow before the operation runs.
import { partitionOf } from "../aws/arn.ts";
import { AwsError } from "../aws/errors.ts";
import type { LoadedModel } from "../aws/models/index.ts";
import type { Call, Operation, Requirement } from "../aws/operation.ts";
import type { RequestFacts } from "../services/ports.ts";
import type { Context, Exchange, Stage } from "./exchange.ts";
import { requestTagConditions } from "./request-tags.ts";

/** An operation whose types have been checked where it was written. */
export type AnyOperation = Operation<object, unknown, unknown>;

/** The handler of an exchange's operation; decode and invoke have made sure that there is one. */
export function operationOf(exchange: Exchange, { services }: Context): { operation: AnyOperation; deps: unknown } {
  const service = services.get((exchange.service as LoadedModel).model.name);
  const operation = service?.operations[exchange.route?.operation.name as string] as unknown as AnyOperation;
  return { operation, deps: service?.deps };
}

export const authorize: Stage = {
  name: "authorize",
  async run(exchange, context) {
    const call = makeCall(exchange, context);
    exchange.call = call;
    const input = exchange.input as object;
    const { operation, deps } = operationOf(exchange, context);
    const { model } = exchange.service as LoadedModel;
    const name = exchange.route?.operation.name as string;
    // What AWS leaves unsigned decides for itself whom it trusts.
    const unsigned = call.caller.kind === "anonymous" && model.unsigned.has(name);
    if (operation.action !== "none" && !unsigned) {
      const resources = [operation.resource?.(input, call, deps) ?? "*"].flat();
      const conditions = operation.conditions?.(input, call, deps);
      await call.authorize({ action: operation.action ?? `${model.actionPrefix}:${name}`, resources, ...(conditions && { conditions }) });
      for (const requirement of (await operation.requires?.(input, call, deps)) ?? []) await call.authorize(requirement);
    }
    // EC2 tells whether the caller may, and does nothing (EC2 API Reference, DryRun).
    if (model.protocol === "ec2Query" && (input as { DryRun?: unknown }).DryRun === true) {
      throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", {}, 412);
    }
  },
};

function makeCall(exchange: Exchange, { authorizer }: Context): Call {
  const { requestId, now, sourceIp, userAgent, endpoint, secure } = exchange;
  const { model } = exchange.service as LoadedModel;
  const caller = exchange.caller as NonNullable<Exchange["caller"]>;
  const region = exchange.region as string;
  const facts: RequestFacts = { requestId, region, sourceIp, userAgent, now, secureTransport: secure };
  const tags = requestTagConditions(exchange.input as object);
  return {
    ...{
      requestId,
      partition: partitionOf(region),
      account: exchange.account as string,
      region,
      caller,
      now,
      sourceIp,
      userAgent,
      endpoint,
    },
    async authorize(requirement: Requirement) {
      // Tags in the request bear on the service's own actions only, not on iam:PassRole.
      const own = requirement.action.startsWith(`${model.actionPrefix}:`);
      authorizer.require(caller, requirement, own ? { ...facts, conditions: tags } : facts, model.wording);
    },
  };
}
