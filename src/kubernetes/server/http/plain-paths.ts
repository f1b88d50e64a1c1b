// Paths that are not resources: discovery, OpenAPI, version, health, metrics and the issuer's documents.
import { noSuchResource } from "../../api/status.ts";
import {
  acceptedDiscovery,
  aggregatedDiscovery,
  aggregatedMediaType,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from "../../discovery/index.ts";
import { refuseRemote } from "../aggregated/resources.ts";
import type { ServerContext } from "../context.ts";
import { healthMetrics, healthPaths, serveHealth } from "./health.ts";
import { serveOpenApi } from "./open-api.ts";
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendBytes, sendObject, sendStatus, sendTagged } from "./respond.ts";

/** Answers a GET of a plain path; 404 for others. */
export async function servePlain(context: ServerContext, exchange: Exchange, info: RequestInfo): Promise<void> {
  const { path } = info;
  const health = /^\/(healthz|livez|readyz)(\/.*)?$/.exec(path);
  if (health) return serveHealth(exchange, health[1] as string, info);
  if (path === "/version" || path === "/version/") return sendObject(exchange, 200, versionInfo(context));
  if (path === "/.well-known/openid-configuration") return sendObject(exchange, 200, issuerDocument(context));
  if (path === "/openid/v1/jwks") {
    return sendBytes(exchange, 200, JSON.stringify(context.options.serviceAccounts.jwks()), "application/jwk-set+json");
  }
  if (path === "/metrics") return sendBytes(exchange, 200, metrics(context), "text/plain; version=0.0.4; charset=utf-8");
  if (path === "/metrics/slis") return sendBytes(exchange, 200, healthMetrics(), "text/plain; version=0.0.4; charset=utf-8");
  if (path === "/") return sendObject(exchange, 200, { paths: rootPaths(context) });
  if (path.startsWith("/openapi/")) return serveOpenApi(context, exchange, info);
  return serveDiscovery(context, exchange, path);
}

async function serveDiscovery(context: ServerContext, exchange: Exchange, path: string): Promise<void> {
  const parts = path.split("/").filter(Boolean);
  const resources = context.catalog.all();
  const root = parts[0];
  let body: object | undefined;
  if (parts.length === 1 && (root === "api" || root === "apis")) {
    const form = acceptedDiscovery(exchange.request.headers.accept);
    if (form) {
      const bytes = JSON.stringify(aggregatedDiscovery(resources, root, form));
      return sendTagged(exchange, bytes, aggregatedMediaType(form));
    }
    body =
      root === "api"
        ? apiVersions(String(exchange.request.headers[":authority"] ?? exchange.request.headers.host ?? ""))
        : apiGroupList(resources);
  } else if (root === "api" && parts.length === 2) body = apiResourceList(resources, "", parts[1] as string);
  else if (root === "apis" && parts.length === 2) body = apiGroup(resources, parts[1] as string);
  else if (root === "apis" && parts.length === 3) body = apiResourceList(resources, parts[1] as string, parts[2] as string);
  else return sendBytes(exchange, 404, "404 page not found\n", "text/plain; charset=utf-8");
  if (!body && root === "apis" && parts.length === 3)
    refuseRemote(context.objects, { group: parts[1] as string, version: parts[2] as string });
  if (!body) return sendStatus(exchange, noSuchResource().status);
  return sendObject(exchange, 200, body);
}

/** From this minor on a server tells which version it emulates, and with which it can live. */
const emulationFrom = 33;

function versionInfo({ options }: ServerContext): object {
  const { major, minor } = options.version;
  const number = Number.parseInt(minor, 10);
  const emulation = {
    emulationMajor: major,
    emulationMinor: String(number),
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(number - 1),
  };
  return {
    major,
    minor,
    ...(number >= emulationFrom && emulation),
    gitVersion: options.version.gitVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "gc",
    platform: "linux/amd64",
  };
}

function issuerDocument({ options }: ServerContext): object {
  const { issuer } = options.serviceAccounts;
  const base = options.apiServerUrl?.replace(/\/$/, "") ?? issuer;
  return {
    issuer,
    jwks_uri: `${base}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

function rootPaths(context: ServerContext): string[] {
  const versions = new Set<string>();
  for (const { group, version } of context.catalog.all()) {
    if (group === "") continue;
    versions.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
  }
  const fixed = [...healthPaths, "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/version"].sort();
  return ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", ...[...versions].sort(), ...fixed];
}

function metrics(context: ServerContext): string {
  const lines = [
    "# HELP apiserver_storage_objects Number of stored objects at the time of last check split by kind.",
    "# TYPE apiserver_storage_objects gauge",
  ];
  const seen = new Set<string>();
  for (const { kept, virtual } of context.catalog.all()) {
    const name = kept.group ? `${kept.plural}.${kept.group}` : kept.plural;
    if (virtual || seen.has(name)) continue;
    seen.add(name);
    lines.push(`apiserver_storage_objects{resource="${name}"} ${context.objects.count(kept)}`);
  }
  return `${lines.join("\n")}\n${context.metrics.text(context.flights.underWay)}`;
}
