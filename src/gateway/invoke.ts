// Calls between services inside the process: the same authorization, execution and recording as from outside.
import { globalRegion } from "../aws/arn.ts";
import type { Caller } from "../aws/caller.ts";
import { AwsError } from "../aws/errors.ts";
import { uuid } from "../aws/ids.ts";
import { loadModel, modelOf } from "../aws/models/index.ts";
import type { CallOptions, Invoke } from "../aws/operation.ts";
import type { Context, Exchange } from "./exchange.ts";
import { notImplemented } from "./not-implemented.ts";
import { inProcess, travel } from "./pipeline.ts";

/** The calls inside the process. */
export interface Invocations {
  readonly invoke: Invoke;
  /** Lets the calls under way end, with those that they make, and refuses all later ones. Whoever makes calls on its own is to be stopped before. */
  close(): Promise<void>;
}

/** Makes the {@link Invoke} of a gateway. */
export function createInvoke(context: Context, endpoint: () => string): Invocations {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  const call = async (name: string, operation: string, input: object, options: CallOptions): Promise<object> => {
    const service = await loadModel(modelOf(name));
    const shape = service.shapes.operations.get(operation);
    if (!shape || !context.services.get(name)?.operations[operation]) throw notImplemented(name, operation);
    const { caller } = options;
    const principal = servicePrincipal(caller);
    const exchange: Exchange = {
      requestId: uuid(context.random),
      now: context.clock.now(),
      sourceIp: options.sourceIp ?? principal,
      userAgent: options.userAgent ?? principal,
      endpoint: endpoint(),
      secure: true,
      revision: context.store.revision,
      service,
      route: { operation: shape },
      caller,
      account: options.account ?? caller.accountId,
      region: service.model.global ? globalRegion(options.region) : options.region,
      input,
    };
    await travel(inProcess, exchange, context);
    if (exchange.error) throw exchange.error;
    return exchange.output as object;
  };
  const invoke = (...request: Parameters<typeof call>): Promise<object> => {
    if (closed) return Promise.reject(new AwsError("ServiceUnavailable", "Atoll has stopped.", {}, 503));
    const answer = call(...request);
    underWay.add(answer);
    const ended = () => void underWay.delete(answer);
    answer.then(ended, ended);
    return answer;
  };
  return {
    invoke: invoke as unknown as Invoke,
    async close() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      closed = true;
    },
  };
}

function servicePrincipal(caller: Caller): string {
  if (caller.kind === "service") return caller.service;
  return ("session" in caller && caller.session?.invokedBy) || "AWS Internal";
}
