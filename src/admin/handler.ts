// What the command line talks to: status, tokens, pod identities and shutdown under /_atoll/, for the holder of the administration token.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { presignCallerIdentity, type SigningKeys } from "../aws/sigv4.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { EmbeddedProvider } from "../clusters/embedded-provider.ts";
import type { NetScope } from "../nodes/net/ec2-facts.ts";
import { NetError } from "../nodes/net/errors.ts";
import { type PodIdentities, PodIdentityError } from "../nodes/pod-identity.ts";
import { explainAccess } from "./explain/access.ts";
import { explainPod } from "./explain/pod.ts";
import type { PodSources } from "./explain/pod-case.ts";
import { ExplainError } from "./explain/principal.ts";
import { explainPodNet } from "./net/explain.ts";
import { planNet } from "./net/plan.ts";

/** The prefix of every path here. */
export const ADMIN_PREFIX = "/_atoll/";

/** A cluster as its record tells it. */
export interface ClusterSummary {
  readonly key: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly version: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

/** What the endpoints report and do. */
export interface AdminOptions {
  readonly token: string;
  readonly version: string;
  readonly endpoint: () => string;
  readonly tlsEndpoint: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly provider: EmbeddedProvider;
  readonly identities: PodIdentities;
  /** What explanations are made from. */
  readonly explain: PodSources;
  /** Region asked about when none is named. */
  readonly defaultRegion: string;
  /** EC2 as the network tools read it. */
  readonly net: Pick<NetScope, "invoke" | "partition"> & { readonly defaultAccount: string };
  clusters(): readonly ClusterSummary[];
  /** Root key of an account; undefined if it has none. */
  rootKey(account: string): SigningKeys | undefined;
  shutdown(): void;
}

/** A refusal with its HTTP status. */
class AdminError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Handles requests below {@link ADMIN_PREFIX}. `health` answers everybody, everything else needs the token. */
export function adminHandler(options: AdminOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const startedAt = options.clock.now();
  return (request, response) => {
    request.resume();
    answer(request, options, startedAt).then(
      (body) => send(response, 200, body),
      (error: Error) => {
        if (error instanceof AdminError) return send(response, error.status, { message: error.message });
        if (error instanceof ExplainError || error instanceof NetError) return send(response, 400, { message: error.message });
        if (error instanceof PodIdentityError) return send(response, 409, { message: error.message });
        options.log.error({ err: error }, "an administration request failed");
        send(response, 500, { message: `Atoll failed: ${error.message}` });
      },
    );
  };
}

async function answer(request: IncomingMessage, options: AdminOptions, startedAt: number): Promise<object> {
  const url = new URL(request.url ?? "/", "http://atoll");
  const path = url.pathname.slice(ADMIN_PREFIX.length);
  if (path === "health") return { status: "ok", version: options.version };
  if (!isHolder(request.headers.authorization, options.token)) throw new AdminError(401, "The administration token is missing or wrong.");
  const route = `${request.method} ${path.split("/")[0]}`;
  if (route === "GET status") return status(options, startedAt);
  if (route === "POST shutdown") {
    setImmediate(options.shutdown);
    return {};
  }
  if (request.method === "GET" && path === "explain/access") return access(url.searchParams, options);
  if (path === "net/plan") return planNet(url.searchParams, scopeOf(url.searchParams, options));
  if (route === "GET clusters") return cluster(path.split("/").slice(1).map(decodeURIComponent), url.searchParams, options);
  throw new AdminError(404, `Atoll has no administration endpoint ${request.method} ${path}`);
}

function status({ version, endpoint, tlsEndpoint, clock, clusters, provider }: AdminOptions, startedAt: number): object {
  return {
    version,
    endpoint: endpoint(),
    tlsEndpoint: tlsEndpoint(),
    uptimeSeconds: Math.round((clock.now() - startedAt) / 1000),
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1024 / 1024),
    clusters: clusters().map(({ key, certificateAuthority: _, ...summary }) => {
      const client = provider.kube(key);
      return { ...summary, nodes: client?.list("nodes").length ?? 0, pods: client?.list("pods").length ?? 0 };
    }),
  };
}

/** `<account>/<region>/<name>[/token | /pods/<namespace>/<pod> | /explain/<namespace>/<pod> | /net/<namespace>/<pod> | /node/<node>]`. */
async function cluster(
  [account = "", region = "", name = "", what, namespace, pod]: readonly string[],
  query: URLSearchParams,
  options: AdminOptions,
): Promise<object> {
  const summary = options.clusters().find((each) => each.account === account && each.region === region && each.name === name);
  if (!summary) throw new AdminError(404, `There is no cluster ${name} in ${region} of account ${account}.`);
  if (what === undefined) return { arn: summary.arn, endpoint: summary.endpoint, certificateAuthority: summary.certificateAuthority };
  const running = options.provider.cluster(summary.key);
  if (!running) throw new AdminError(409, `Cluster ${name} is ${summary.status}; its API does not run yet.`);
  if (what === "token") return execCredential(account, region, name, options);
  if (what === "pods" && namespace && pod) return options.identities.read(running, namespace, pod, query.get("container") ?? undefined);
  if (what === "explain" && namespace && pod) return explainPod(running, namespace, pod, options.explain);
  if (what === "net" && namespace && pod) {
    const { net, explain, clock } = options;
    const scope: NetScope = { invoke: net.invoke, partition: net.partition, account, region };
    return explainPodNet({ cluster: running, nodes: explain.nodes, scope, now: clock.now() }, namespace, pod, query);
  }
  if (what === "node" && namespace) return nodePort(running, namespace, query);
  throw new AdminError(404, `A cluster has no administration document ${what}.`);
}

/** What a port of a node answers to a GET; `?port=61679&path=/v1/enis`. */
function nodePort({ nodePorts, facts }: EmbeddedCluster, node: string, query: URLSearchParams): object {
  const ports = nodePorts.get(node);
  if (!ports) throw new AdminError(404, `No node ${node} runs in cluster ${facts.name}; list them with: kubectl get nodes`);
  const port = query.get("port") ?? "61679";
  const answer = /^\d{1,5}$/.test(port) ? ports(Number(port), query.get("path") ?? "/v1/enis") : undefined;
  if (!answer)
    throw new AdminError(409, `Nothing listens on port ${port} of ${node}: aws-node is not ready there, or its settings close the port.`);
  return answer;
}

function access(query: URLSearchParams, { explain, defaultRegion }: AdminOptions): object {
  const given = (name: string) => query.get(name) ?? "";
  const question = { as: given("as"), action: given("action"), resource: given("resource"), conditions: query.getAll("condition") };
  return explainAccess({ ...question, region: query.get("region") || defaultRegion }, explain);
}

function scopeOf(query: URLSearchParams, { net: { defaultAccount, ...net }, defaultRegion }: AdminOptions): NetScope {
  return { ...net, account: query.get("account") || defaultAccount, region: query.get("region") || defaultRegion };
}

/** What `aws eks get-token` prints, for the account's root user. */
function execCredential(account: string, region: string, name: string, { rootKey, clock, endpoint }: AdminOptions): object {
  const keys = rootKey(account);
  if (!keys) throw new AdminError(409, `Account ${account} has no root key; use: aws eks get-token --cluster-name ${name}`);
  const url = presignCallerIdentity(endpoint(), name, keys, region, clock.now());
  return {
    kind: "ExecCredential",
    apiVersion: "client.authentication.k8s.io/v1beta1",
    spec: {},
    status: {
      expirationTimestamp: new Date(clock.now() + 14 * 60_000).toISOString().replace(/\.\d+Z$/, "Z"),
      token: `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`,
    },
  };
}

function isHolder(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(response: ServerResponse, code: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
