// Stage 2: who is calling. Nobody without a key that Atoll issued gets past this, except for operations AWS itself leaves unsigned.
import { globalRegion, partitionOf } from "../aws/arn.ts";
import type { AnonymousCaller } from "../aws/caller.ts";
import type { AwsError } from "../aws/errors.ts";
import type { LoadedModel } from "../aws/models/index.ts";
import type { WireRequest } from "../aws/protocol/wire.ts";
import { type AuthFailure, type Claim, isFailure, verifyClaim, WRONG_REGION, wrongService } from "../aws/sigv4.ts";
import type { Context, Exchange, Stage } from "./exchange.ts";

export const authenticate: Stage = {
  name: "authenticate",
  run(exchange, context) {
    const request = exchange.wire as WireRequest;
    const service = exchange.service as LoadedModel;
    const operation = exchange.route?.operation.name;
    if (operation !== undefined && service.model.unsigned.has(operation)) {
      const region = regionOf(exchange, context);
      enter(exchange, anonymous(region), region);
      return;
    }
    const claim = exchange.claim as Claim | AuthFailure;
    if (isFailure(claim)) throw refusal(service, claim);
    const credential = context.credentials.credential(claim.scope.accessKeyId);
    const misplaced = credential?.active ? scopeProblem(claim, request, service, context) : undefined;
    const failure = misplaced ?? verifyClaim(request, claim, credential, exchange.now);
    if (failure || !credential) throw refusal(service, failure ?? { reason: "unknown-key" });
    const caller = credential.caller.accessKeyId ? credential.caller : { ...credential.caller, accessKeyId: claim.scope.accessKeyId };
    enter(exchange, caller, service.model.global ? globalRegion(claim.scope.region) : claim.scope.region);
  },
};

function enter(exchange: Exchange, caller: NonNullable<Exchange["caller"]>, region: string): void {
  exchange.caller = caller;
  exchange.account = caller.accountId;
  exchange.region = region;
}

function refusal({ model }: LoadedModel, failure: AuthFailure): AwsError {
  return model.wording.unauthenticated(failure);
}

function scopeProblem({ scope }: Claim, { headers }: WireRequest, { model }: LoadedModel, { regions }: Context): AuthFailure | undefined {
  if (scope.service !== model.signingName) return wrongService(model.signingName);
  if (!regions.includes(scope.region)) return WRONG_REGION;
  const named = hostRegion(headers.host ?? "", regions);
  return named !== undefined && named !== scope.region && !model.global ? WRONG_REGION : undefined;
}

/** The region an AWS-shaped host names, as in `sts.us-west-2.amazonaws.com`. */
function hostRegion(host: string, regions: readonly string[]): string | undefined {
  const labels = host.replace(/:\d+$/, "").split(".");
  return labels.length > 3 ? labels.find((label) => regions.includes(label)) : undefined;
}

function regionOf({ claim, wire }: Exchange, { regions, defaultRegion }: Context): string {
  const scoped = !claim || isFailure(claim) ? undefined : claim.scope.region;
  return hostRegion(wire?.headers.host ?? "", regions) ?? (scoped !== undefined && regions.includes(scoped) ? scoped : defaultRegion);
}

function anonymous(region: string): AnonymousCaller {
  return { kind: "anonymous", partition: partitionOf(region), accountId: "", arn: "", userId: "" };
}
