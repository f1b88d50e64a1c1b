// Stage 1: which service and operation a request addresses. Target, version and path say it; the credential scope settles what is left.
import { type LoadedModel, loadModel, type Model, models } from "../aws/models/index.ts";
import { targetService } from "../aws/protocol/aws-json.ts";
import { formOf } from "../aws/protocol/query.ts";
import type { WireRequest } from "../aws/protocol/wire.ts";
import { isFailure, readClaim } from "../aws/sigv4.ts";
import type { Stage } from "./exchange.ts";
import { foreignService } from "./foreign-service.ts";

const byTarget = new Map(
  models.flatMap((model): [string, Model][] => (model.settings.targetPrefix ? [[model.settings.targetPrefix, model]] : [])),
);
const isQuery = (model: Model) => model.protocol === "awsQuery" || model.protocol === "ec2Query";
const byVersion = new Map(models.filter(isQuery).map((model) => [model.settings.version, model]));
const bySigningName = new Map(models.map((model) => [model.signingName, model]));

export const route: Stage = {
  name: "route",
  async run(exchange) {
    const request = exchange.wire as WireRequest;
    const claim = readClaim(request);
    exchange.claim = claim;
    const scoped = isFailure(claim) ? undefined : claim.scope.service;
    const model = addressed(request, scoped);
    const service: LoadedModel = model ? await loadModel(model) : foreignService(request, scoped);
    exchange.service = service;
    const found = service.protocol.route(request, service.shapes, service.model.settings);
    if ("unknown" in found) exchange.unknown = found.unknown;
    else exchange.route = found;
  },
};

/** The service a request is for; undefined if Atoll does not have it. Throws MalformedRequest if the form cannot be read. */
function addressed(request: WireRequest, scoped: string | undefined): Model | undefined {
  const target = request.headers["x-amz-target"];
  if (target !== undefined) return byTarget.get(targetService(target));
  const scopedModel = scoped === undefined ? undefined : bySigningName.get(scoped);
  if (request.path === "/" || request.path === "") {
    const version = formOf(request).children.get("Version")?.value;
    return (version === undefined ? undefined : byVersion.get(version)) ?? scopedModel;
  }
  if (scoped !== undefined) return scopedModel;
  // Unsigned: only to answer "missing authentication token" in the right protocol.
  return bySigningName.get(request.path.endsWith("/assume-role-for-pod-identity") ? "eks-auth" : "eks");
}
