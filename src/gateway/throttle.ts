// Stage 5a: whether the account has calls left. Off unless the installation is told to throttle.
import type { LoadedModel } from "../aws/models/index.ts";
import type { ThrottledCall } from "../services/ports.ts";
import type { Stage } from "./exchange.ts";

export const throttle: Stage = {
  name: "throttle",
  run({ caller, service, route, account, region, input }, { throttle: limit }) {
    // What AWS does within itself is not the customer's to pay for.
    if (!limit || !caller || caller.kind === "service") return;
    const call: ThrottledCall = {
      service: (service as LoadedModel).model.name,
      operation: route?.operation.name ?? "",
      account: account ?? caller.accountId,
      region: region ?? "",
      input: input ?? {},
    };
    const refusal = limit(call);
    if (refusal) throw refusal;
  },
};
