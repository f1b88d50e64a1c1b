// Whatever is thrown on the way becomes an error of the service.
import { AwsError } from "../aws/errors.ts";
import { MalformedRequest } from "../aws/protocol/malformed.ts";
import { BodyRefused } from "./body.ts";
import type { Context, Exchange } from "./exchange.ts";
import { foreignService } from "./foreign-service.ts";

const INTERNAL: Readonly<Record<string, string>> = {
  restJson1: "ServerException",
  awsJson1_1: "InternalFailure",
  awsQuery: "InternalFailure",
};

/** The AwsError for `thrown`. What is nobody's fault but ours is logged with its stack and told as a 500 without details. */
export function failureOf(thrown: unknown, exchange: Exchange, { log }: Context): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const service = exchange.service ?? (exchange.wire && foreignService(exchange.wire, undefined));
  if (exchange.wire) exchange.service ??= foreignService(exchange.wire, undefined);
  if (thrown instanceof MalformedRequest && service) return service.model.wording.malformed(thrown);
  if (thrown instanceof BodyRefused && service) return service.model.wording.refused(thrown.code, thrown.message, thrown.status);
  const operation = exchange.route?.operation.name;
  log.error({ requestId: exchange.requestId, service: service?.model.name, operation, err: thrown }, "an operation failed unexpectedly");
  const code = INTERNAL[service?.model.protocol ?? ""] ?? "InternalError";
  const known = service?.shapes.errors.has(code) || service?.model.name !== "eks-auth" ? code : "InternalServerException";
  return new AwsError(known, "An internal error has occurred", {}, 500);
}
