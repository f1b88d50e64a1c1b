// One cluster's API server.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Random } from "../../base/random.ts";
import { admissionChain } from "../admission/chain.ts";
import type { FindEquivalents } from "../admission/equivalents.ts";
import { admissionPlugins } from "../admission/plugins.ts";
import type { FindParams } from "../admission/policies/params.ts";
import type { TypeNode } from "../api/type-node.ts";
import { authorizeBy } from "../auth/chain.ts";
import { ClientCertificateAuthenticator } from "../auth/client-certificate.ts";
import { API_SERVER, componentManager, componentUser } from "../auth/components.ts";
import { NodeAuthorizer } from "../auth/node.ts";
import { RbacAuthorizer } from "../auth/rbac.ts";
import { rulesReview } from "../auth/rules-review.ts";
import { ServiceAccountAuthenticator } from "../auth/service-account.ts";
import { reviewToken } from "../auth/token-review.ts";
import { asTrustBundle } from "../auth/trust-bundle.ts";
import type { Attributes, Authenticator, Authorizer, UserInfo } from "../auth/types.ts";
import type { KubeClient } from "../client/client.ts";
import { inProcessClient } from "../client/in-process.ts";
import type { ResourceCatalog, ServedResource } from "../runtime/catalog.ts";
import { apiVersionOf } from "../schema/resource.ts";
import { ObjectStorage } from "../storage/objects.ts";
import { aggregatedResources } from "./aggregated/resources.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { builtInResources } from "./built-in.ts";
import { Catalog } from "./catalog.ts";
import type { ServerContext } from "./context.ts";
import { fromStorage } from "./convert.ts";
import { resumeCleanups } from "./custom/instances.ts";
import { customResources } from "./custom/resources.ts";
import { equivalentForms } from "./equivalent-forms.ts";
import { Flights } from "./http/flights.ts";
import { requestHandler } from "./http/handler.ts";
import { RequestMetrics } from "./http/metrics.ts";
import { upgradeHandler } from "./http/upgrade.ts";
import type { ApiServerOptions } from "./options.ts";

const serviceAccountName = { group: "", plural: "serviceaccounts" };

/** A running API server; it does not listen itself. */
export interface ApiServer {
  /** Makes what every cluster begins with: namespaces, access control, the kubernetes service. Idempotent. */
  start(): Promise<void>;
  /** Handles a request of node:http or of node:http2's compatibility API. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Handles an HTTP/1.1 upgrade (exec, port-forward). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** An in-process client that acts as `user`. `fieldManager` owns the fields it writes. */
  client(user: UserInfo, fieldManager?: string): KubeClient;
  /** An in-process client of a part of the control plane, by its username: with the rights of that user and no others. */
  component(username: string): KubeClient;
  /** The type of a kind that is served, by its API version. */
  typeOf(apiVersion: string, kind: string): TypeNode | undefined;
  /** Resource types that can be listed, watched and deleted, now. */
  readonly served: ResourceCatalog;
  /** Ends watches. The store stays open: it is the caller's. */
  close(): void;
}

/** Assembles a server over its options. Call {@link ApiServer.start} before anything else. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { serviceAccounts, clock } = options;
  const objects = new ObjectStorage(options.store);
  const catalog = new Catalog(builtInResources(Number.parseInt(options.version.minor, 10)), objects, {
    fromDefinition: customResources,
    fromService: aggregatedResources,
  });
  const rbac = new RbacAuthorizer(objects);
  const authorizers: Authorizer[] = [new NodeAuthorizer(objects), ...(options.authorizers ?? []), rbac];
  const tokens = new ServiceAccountAuthenticator(serviceAccounts, objects, clock);
  const certificates = options.clientCa ? [new ClientCertificateAuthenticator(asTrustBundle(options.clientCa), clock)] : [];
  const more = options.authenticators ?? [];
  const authenticators: Authenticator[] = [...certificates, tokens, ...more];
  const authorize = (attributes: Attributes) => authorizeBy(authorizers, attributes);
  const findParams: FindParams = (apiVersion, kind, namespace) => {
    const resource = catalog.kind(apiVersion, kind);
    if (!resource || resource.virtual) return undefined;
    const found = objects.list(resource.kept, namespace || undefined).map((each) => fromStorage(each, resource));
    return { objects: found, namespaced: resource.namespaced };
  };
  const equivalents: FindEquivalents = (request) => equivalentForms(catalog, request);
  const kindOf = (apiVersion: string, kind: string) => catalog.kind(apiVersion, kind);
  const context: ServerContext = {
    options,
    objects,
    catalog,
    rbac,
    authorize,
    rulesFor: (user, namespace) =>
      rulesReview(
        authorizers.filter((each) => each.name !== "Node" || user.groups.includes("system:nodes")),
        user,
        namespace,
      ),
    reviewToken: (token, audiences) => reviewToken(tokens, more, serviceAccounts.audiences, token, audiences),
    admission: admissionChain(admissionPlugins(objects, options, authorize, findParams, equivalents, kindOf)),
    flights: new Flights(options.flightLimits ?? { reads: 400, writes: 200 }),
    metrics: new RequestMetrics(),
    now: () => clock.now(),
    uuid: uuids(options.random),
  };
  const watches = new Set<() => void>();
  const uidOf = (namespace: string, name: string) => objects.get(serviceAccountName, namespace, name)?.metadata.uid;
  const component = (username: string) => inProcessClient(context, componentUser(username, uidOf), componentManager(username));
  return {
    component,
    start() {
      resumeCleanups(context);
      return bootstrap(component(API_SERVER), options);
    },
    handle: requestHandler(context, authenticators, watches),
    upgrade: upgradeHandler(context, authenticators, watches),
    client: (user, fieldManager) => inProcessClient(context, user, fieldManager),
    typeOf: (apiVersion, kind) => catalog.kind(apiVersion, kind)?.type(),
    served: () => servedTypes(catalog),
    close() {
      for (const stop of [...watches]) stop();
    },
  };
}

/** Random UUIDs; randomness is fetched for many at a time, because every request takes one. */
function uuids(random: Random): () => string {
  const size = 16;
  let pool = Buffer.alloc(0);
  return () => {
    if (pool.length < size) pool = Buffer.from(random.bytes(size * 128));
    const bytes = pool.subarray(0, size);
    pool = pool.subarray(size);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** Each stored type once, in the version it is kept in. */
function servedTypes(catalog: Catalog): ServedResource[] {
  const types = new Map<string, ServedResource>();
  for (const resource of catalog.all()) {
    const type = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
    if (types.has(type) || !["list", "watch", "delete"].every((verb) => (resource.verbs as readonly string[]).includes(verb))) continue;
    const kept = catalog.type(type) ?? resource;
    types.set(type, { type, group: kept.group, apiVersion: apiVersionOf(kept), kind: kept.kind, namespaced: kept.namespaced });
  }
  return [...types.values()];
}
