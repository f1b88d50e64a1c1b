// The EKS Pod Identity agent's HTTP face: paths, bodies and status codes as pods see them (spec identity §3.5).
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../base/clock.ts";
import { CredentialsError, type CredentialsSource } from "./credentials-source.ts";
import { openToken } from "./open-token.ts";
import { RateLimit } from "./rate-limit.ts";

const PATH = "/v1/credentials";
const LINK_LOCAL_HOSTS = ["169.254.170.23", "fd00:ec2::23"];
const REQUESTS_PER_SECOND = 1000;
const BURST = 500;

/** Settings of an agent. */
export interface AgentOptions {
  readonly source: CredentialsSource;
  readonly clock: Clock;
  /** Names besides the link-local addresses under which this agent may be called, for example `127.0.0.1` where it listens on loopback. */
  readonly hosts: readonly string[];
}

/** Handles requests of pods. */
export function agentHandler({
  source,
  clock,
  hosts,
}: AgentOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const limit = new RateLimit(REQUESTS_PER_SECOND, BURST, clock);
  const allowed = new Set([...LINK_LOCAL_HOSTS, ...hosts]);
  return async (request, response) => {
    if (new URL(request.url ?? "/", "http://agent").pathname !== PATH) return text(response, 404, "404 page not found");
    if (!limit.take()) return text(response, 429, "Too Many Requests");
    const host = hostOf(request.headers.host ?? "");
    if (!allowed.has(host)) {
      const addresses = LINK_LOCAL_HOSTS.join(" ");
      return text(
        response,
        403,
        `Access Denied. Called agent through invalid address, please use either [${addresses}] address not ${host}`,
      );
    }
    const token = request.headers.authorization ?? "";
    const problem = checkToken(token, clock.now());
    if (problem) return text(response, 400, problem);
    try {
      const { accessKeyId, secretAccessKey, sessionToken, accountId, expiration } = await source.credentials(token);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          AccessKeyId: accessKeyId,
          SecretAccessKey: secretAccessKey,
          Token: sessionToken,
          AccountId: accountId,
          Expiration: new Date(expiration).toISOString().replace(".000Z", "Z"),
        }),
      );
    } catch (error) {
      if (error instanceof CredentialsError) {
        const fault = error.status < 500 ? "client" : "server";
        return text(response, error.status, `[${error.requestId}]: (${error.code}): ${error.message}, fault: ${fault}`);
      }
      return text(response, 500, (error as Error).message);
    }
  };
}

/** The agent's own look at a token: it does not verify signatures, EKS Auth does. Returns the refusal's text. */
function checkToken(token: string, now: number): string | undefined {
  if (token === "") return "Service account token cannot be empty";
  const opened = openToken(token);
  if (typeof opened === "string") return `Service account token cannot be parsed: ${opened}`;
  const { exp, nbf } = opened;
  if (typeof exp === "number" && now >= exp * 1000) return "Service account token failed basic claim validations: token is expired";
  if (typeof nbf === "number" && now < nbf * 1000) return "Service account token failed basic claim validations: token is not valid yet";
  return undefined;
}

function hostOf(header: string): string {
  return header.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  response.end(`${body}\n`);
}
