// The public face of a cluster's OIDC issuer: discovery document and key set (spec identity §2.1).
import type { PublicJwk } from "./signing-keys.ts";

/** A plain answer to an unauthenticated GET. */
export interface IssuerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Body of `<issuer>/.well-known/openid-configuration`. */
export function discoveryDocument(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/keys`,
    authorization_endpoint: "urn:kubernetes:programmatic_authorization",
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    claims_supported: ["sub", "iss"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

/** Answers `path`, the part of the URL after the issuer; 404 for anything but the two documents. */
export function answerIssuer(issuer: string, path: string, jwks: { readonly keys: readonly PublicJwk[] }): IssuerAnswer {
  if (path === "/.well-known/openid-configuration") return json(discoveryDocument(issuer));
  if (path === "/keys") return json(jwks);
  return { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
}

function json(body: object): IssuerAnswer {
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "public, max-age=3600" },
    body: JSON.stringify(body),
  };
}
