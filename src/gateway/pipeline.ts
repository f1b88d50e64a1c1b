// The request path. Read this first.
import { authenticate } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { decode, validate } from "./decode.ts";
import { encode } from "./encode.ts";
import type { Context, Exchange, Stage } from "./exchange.ts";
import { failureOf } from "./failure.ts";
import { record } from "./record.ts";
import { route } from "./route.ts";
import { flush, run } from "./run.ts";
import { throttle } from "./throttle.ts";

/** A request from outside: the first stage that throws ends it with an error. */
export const request: readonly Stage[] = [route, authenticate, decode, validate, throttle, authorize, run, flush];

/** A call from inside the process: service, operation, caller and input are given. */
export const inProcess: readonly Stage[] = [validate, throttle, authorize, run, flush];

/** Whatever happened, these follow. */
export const always: readonly Stage[] = [encode, record];

/** Takes an exchange through `stages`. Never rejects: errors end up in `exchange.error`. */
export async function travel(stages: readonly Stage[], exchange: Exchange, context: Context): Promise<void> {
  try {
    for (const stage of stages) {
      const pending = stage.run(exchange, context);
      if (pending) await pending;
    }
  } catch (thrown) {
    exchange.error = failureOf(thrown, exchange, context);
  }
  for (const stage of always) await stage.run(exchange, context);
}
