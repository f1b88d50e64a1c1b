// Stage 3: typed input, or an answer that Atoll lacks the operation.
import type { LoadedModel } from "../aws/models/index.ts";
import type { WireRequest } from "../aws/protocol/wire.ts";
import type { Exchange, Stage } from "./exchange.ts";
import { notImplemented } from "./not-implemented.ts";

export const decode: Stage = {
  name: "decode",
  run(exchange, { services }) {
    const service = exchange.service as LoadedModel;
    const { model, protocol } = service;
    if (exchange.unknown !== undefined && service.shapes.operations.size === 0) throw notImplemented(model.name);
    if (!exchange.route) throw model.wording.unknownOperation(exchange.unknown ?? "", model.settings.version);
    const name = exchange.route.operation.name;
    if (exchange.route.operation.streaming || !services.get(model.name)?.operations[name]) throw notImplemented(model.name, name);
    exchange.input = protocol.decode(exchange.route, exchange.wire as WireRequest);
  },
};

/** Stage 4: constraints that the types do not carry. */
export const validate: Stage = {
  name: "validate",
  run({ service, route, input }: Exchange) {
    const shape = route?.operation.input;
    if (!service || !route || !shape || !input) return;
    const violations = service.validate(shape, input);
    if (violations.length > 0) throw service.model.wording.invalid(violations, route.operation.name);
  },
};
