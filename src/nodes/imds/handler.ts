// The instance metadata service over HTTP (EC2 User Guide, "Use IMDSv2"): tokens, metadata, identity document, role credentials.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../base/clock.ts";
import type { IssuedCredentials } from "../../services/ports.ts";
import { type Documents, listing } from "./documents.ts";
import type { SessionTokens } from "./tokens.ts";

const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const CREDENTIALS = "meta-data/iam/security-credentials";

/** What the service answers from. */
export interface ImdsOptions {
  readonly tokens: SessionTokens;
  readonly clock: Clock;
  /** Whether requests without a token are refused: `HttpTokens` is `required`. */
  tokensRequired(): Promise<boolean>;
  documents(): Promise<Documents>;
  readonly roleArn: string;
  /** ARN of the instance profile. */
  readonly profileArn: string;
  /** The role's credentials. Rejects if EC2 cannot assume the role. */
  credentials(): Promise<IssuedCredentials>;
}

/** Handles requests to an instance's metadata service. Never rejects. */
export function imdsHandler(options: ImdsOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    request.resume();
    try {
      const path = new URL(request.url ?? "/", "http://imds").pathname;
      if (request.method === "PUT") return put(path, request, response, options);
      if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "Not Allowed");
      if (!(await isAdmitted(request, options))) return refuse(response, 401, "Unauthorized");
      const body = await read(path, options);
      if (body === undefined) return refuse(response, 404, "Not Found");
      response.writeHead(200, { "content-type": "text/plain", "content-length": Buffer.byteLength(body), server: "EC2ws" });
      response.end(request.method === "HEAD" ? undefined : body);
    } catch {
      refuse(response, 500, "Internal Server Error");
    }
  };
}

function put(path: string, { headers }: IncomingMessage, response: ServerResponse, { tokens }: ImdsOptions): void {
  // Only open proxies forward, and they must not get tokens.
  const forwarded = headers["x-forwarded-for"] !== undefined;
  const issued = path === "/latest/api/token" && !forwarded ? tokens.issue(one(headers[TTL_HEADER])) : undefined;
  if (issued) {
    response.writeHead(200, { "content-type": "text/plain", [TTL_HEADER]: String(issued.seconds), server: "EC2ws" });
    response.end(issued.token);
  } else if (path !== "/latest/api/token") refuse(response, 405, "Not Allowed");
  else if (forwarded) refuse(response, 403, "Forbidden");
  else refuse(response, 400, "Bad Request");
}

async function isAdmitted({ headers }: IncomingMessage, { tokens, tokensRequired }: ImdsOptions): Promise<boolean> {
  const token = one(headers["x-aws-ec2-metadata-token"]);
  return token === undefined ? !(await tokensRequired()) : tokens.isValid(token);
}

const one = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);

/** The document or listing at a path; undefined if there is none. */
async function read(path: string, options: ImdsOptions): Promise<string | undefined> {
  if (path === "/") return "latest";
  const [version, ...rest] = path.slice(1).split("/");
  if (version !== "latest" && !/^\d{4}-\d{2}-\d{2}$/.test(version ?? "")) return undefined;
  const name = rest.join("/").replace(/\/+$/, "");
  const role = options.roleArn.split("/").at(-1) ?? "";
  if (name === `${CREDENTIALS}/${role}`) return credentials(options);
  const info = { Code: "Success", LastUpdated: stamp(options.clock.now()), InstanceProfileArn: options.profileArn };
  if (name === "meta-data/iam/info") return JSON.stringify(info, undefined, 2);
  const documents = await options.documents();
  if (Object.hasOwn(documents, name)) return documents[name];
  return listing([...Object.keys(documents), "meta-data/iam/info", `${CREDENTIALS}/${role}`], name);
}

async function credentials({ credentials: fetch, clock, roleArn }: ImdsOptions): Promise<string> {
  const LastUpdated = stamp(clock.now());
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await fetch();
    const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: stamp(expiration) };
    return JSON.stringify({ Code: "Success", LastUpdated, Type: "AWS-HMAC", ...keys }, undefined, 2);
  } catch {
    const Message = `EC2 cannot assume the role ${roleArn.split("/").at(-1)}. Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.`;
    return JSON.stringify({ Code: "AssumeRoleUnauthorizedAccess", Message, LastUpdated }, undefined, 2);
  }
}

const stamp = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) return;
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>${status} - ${reason}</title></head><body><h1>${status} - ${reason}</h1></body></html>\n`;
  response.writeHead(status, { "content-type": "text/html", "content-length": Buffer.byteLength(body), server: "EC2ws" });
  response.end(body);
}
