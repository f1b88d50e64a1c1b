// Stage 9: every finished call is told to CloudTrail once, errors too; calls of nobody known are not (spec audit §A.1).
import { parseArn } from "../aws/arn.ts";
import { uuid } from "../aws/ids.ts";
import { isReadOnly } from "../aws/models/index.ts";
import { maskSensitive } from "../aws/protocol/mask.ts";
import type { CallRecord } from "../services/ports.ts";
import type { Context, Exchange, Stage } from "./exchange.ts";

export const record: Stage = {
  name: "record",
  run(exchange, context) {
    const call = callRecord(exchange, context);
    if (!call) return;
    try {
      context.recorder.record(call);
    } catch (error) {
      context.log.error({ requestId: exchange.requestId, operation: call.operation, err: error }, "a call could not be recorded");
    }
  },
};

const HANDS_OUT_CREDENTIALS = /^(AssumeRole(?!ForPodIdentity)|GetSessionToken$|GetFederationToken$)/;

function callRecord(exchange: Exchange, { random }: Context): CallRecord | undefined {
  const { service, route, caller, requestId, now, sourceIp, userAgent, region, error } = exchange;
  if (!service || !route || !caller || region === undefined) return undefined;
  const account = exchange.account || accountNamed(exchange.input);
  if (!account) return undefined;
  const { model } = service;
  const { name, input, output } = route.operation;
  const hide = (shape: typeof input, value: unknown) => maskSensitive(shape, value, model.mask, model.maskAlso);
  const readOnly = isReadOnly(name);
  return {
    ...{ eventId: uuid(random), requestId, time: now, service: model.name, eventSource: model.eventSource, operation: name },
    ...{ account, region, caller, sourceIp, userAgent, readOnly },
    request: hide(input, exchange.input),
    // What reads return is not recorded, that STS handed out credentials is.
    response: error || (readOnly && !HANDS_OUT_CREDENTIALS.test(name)) ? undefined : hide(output, exchange.output),
    ...(error && { error: { code: error.code, message: error.message } }),
    external: exchange.wire !== undefined,
  };
}

// A caller without credentials has no account; the role it asks for has.
function accountNamed(input: object | undefined): string | undefined {
  const { RoleArn } = (input ?? {}) as { RoleArn?: unknown };
  return typeof RoleArn === "string" ? parseArn(RoleArn)?.account : undefined;
}
