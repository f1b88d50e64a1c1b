// serviceaccounts/token: TokenRequest (spec identity §1.2).
import { invalid, invalidObject, notSupported } from "../../api/field-error.ts";
import { timestamp } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { badRequest, conflict, notFound } from "../../api/status.ts";
import type { ServerContext, Target, WriteOptions } from "../context.ts";
import { readObject } from "../read.ts";

/** EKS's cap on lifetimes clients ask for, the lifetime of extended tokens, and the lifetime that asks for extension. Seconds. */
const longest = 86_400;
const extended = 7_776_000;
const extensionMark = 3607;

/** Signs a token for a service account. Throws 400, 404, 409 and 422 as the API server does. */
export async function requestToken(context: ServerContext, target: Target, body: NewObject, options: WriteOptions): Promise<KubeObject> {
  const account = readObject(context, target);
  const { issuer, audiences: apiAudiences, sign } = context.options.serviceAccounts;
  const spec = body.spec ?? {};
  const requested = spec.expirationSeconds ?? 3600;
  const problem = lifetimeProblem(requested);
  if (problem) throw invalidObject("authentication.k8s.io", "TokenRequest", "", [problem]);
  // Older clients send the empty list as null.
  if (
    spec.audiences !== undefined &&
    spec.audiences !== null &&
    !(Array.isArray(spec.audiences) && spec.audiences.every((each: unknown) => typeof each === "string"))
  ) {
    throw invalidObject("authentication.k8s.io", "TokenRequest", "", [
      invalid("spec.audiences", spec.audiences, "must be a list of strings"),
    ]);
  }
  if (requested > longest) {
    options.warnings.push(`requested expiration of ${requested} seconds shortened to ${longest} seconds`);
  }
  const seconds = Math.min(requested, longest);
  const audiences: string[] = spec.audiences?.length ? spec.audiences : [...apiAudiences];
  await context.admission.validate({
    operation: "CREATE",
    user: options.user,
    group: "",
    version: "v1",
    kind: "TokenRequest",
    resource: "serviceaccounts",
    subresource: "token",
    namespace: target.namespace,
    name: target.name,
    dryRun: options.dryRun,
    object: body,
    oldObject: undefined,
  });
  const bound = spec.boundObjectRef ? boundObject(context, target, spec.boundObjectRef) : undefined;
  const now = Math.floor(context.now() / 1000);
  const forApi = audiences.length === apiAudiences.length && audiences.every((each) => apiAudiences.includes(each));
  const extend = forApi && bound?.claims.pod !== undefined && requested === extensionMark;
  const claims = {
    aud: audiences,
    exp: now + (extend ? extended : seconds),
    iat: now,
    iss: issuer,
    jti: context.uuid(),
    "kubernetes.io": {
      namespace: target.namespace,
      ...bound?.claims,
      serviceaccount: { name: target.name, uid: account.metadata.uid },
      ...(extend && { warnafter: now + extensionMark }),
    },
    nbf: now,
    sub: `system:serviceaccount:${target.namespace}:${target.name}`,
  };
  const token = options.dryRun ? "" : await sign.call(context.options.serviceAccounts, claims);
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: target.name, namespace: target.namespace, creationTimestamp: timestamp(context.now()) } as KubeObject["metadata"],
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp((now + seconds) * 1000) },
  };
}

function lifetimeProblem(seconds: unknown) {
  const field = "spec.expirationSeconds";
  if (typeof seconds !== "number" || !Number.isInteger(seconds)) return invalid(field, seconds, "must be an integer");
  if (seconds < 600) return invalid(field, seconds, "may not specify a duration less than 10 minutes");
  if (seconds > 2 ** 32) return invalid(field, seconds, "may not specify a duration larger than 2^32 seconds");
  return undefined;
}

interface BoundReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

interface Bound {
  readonly claims: { pod?: object; secret?: object; node?: object };
}

function boundObject(context: ServerContext, target: Target, reference: BoundReference): Bound {
  const { kind, apiVersion, name = "", uid } = reference;
  const plural = apiVersion === "v1" ? { Pod: "pods", Secret: "secrets", Node: "nodes" }[kind ?? ""] : undefined;
  if (!plural) {
    throw invalidObject("authentication.k8s.io", "TokenRequest", "", [
      notSupported("spec.boundObjectRef", `${apiVersion ?? ""}, Kind=${kind ?? ""}`, ["v1, Kind=Pod", "v1, Kind=Secret", "v1, Kind=Node"]),
    ]);
  }
  const resource = { group: "", plural };
  const object = context.objects.get(resource, plural === "nodes" ? "" : target.namespace, name);
  if (!object) throw notFound(resource, name);
  if (uid && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(resource, name, why);
  }
  const identity = { name, uid: object.metadata.uid };
  if (plural === "secrets") return { claims: { secret: identity } };
  if (plural === "nodes") return { claims: { node: identity } };
  if ((object.spec?.serviceAccountName || "default") !== target.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  }
  const node = object.spec.nodeName && context.objects.get({ group: "", plural: "nodes" }, "", object.spec.nodeName);
  return {
    claims: {
      ...(object.spec.nodeName && { node: { name: object.spec.nodeName, ...(node && { uid: node.metadata.uid }) } }),
      pod: identity,
    },
  };
}
