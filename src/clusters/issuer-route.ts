// Serves the issuers of all clusters below /id/, and lends their keys to STS.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { IssuerKeys } from "../services/ports.ts";
import type { EmbeddedCluster } from "./embedded-cluster.ts";
import { answerIssuer } from "./oidc-issuer.ts";

/** Prefix of issuer paths. */
export const ISSUER_PREFIX = "/id/";

/** Handles GETs of discovery documents and key sets. Unknown issuers and paths are 404. */
export function issuerRoute(clusters: () => readonly EmbeddedCluster[]): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.resume();
    const path = new URL(request.url ?? "/", "http://issuer").pathname.slice(ISSUER_PREFIX.length);
    const slash = path.indexOf("/");
    const id = slash < 0 ? path : path.slice(0, slash);
    const cluster = clusters().find(({ facts }) => facts.hexId === id);
    const rest = cluster && slash >= 0 ? path.slice(slash) : "/";
    const { status, headers, body } = answerIssuer(cluster?.issuer ?? "", rest, cluster?.keys.jwks() ?? { keys: [] });
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** Keys of Atoll's own issuers, so that STS needs no network to verify their tokens. */
export function ownIssuerKeys(clusters: () => readonly EmbeddedCluster[]): IssuerKeys {
  return {
    jwks: (issuer) =>
      clusters()
        .find((cluster) => cluster.issuer === issuer)
        ?.keys.jwks(),
  };
}
