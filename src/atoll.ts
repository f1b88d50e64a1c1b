// The composition: config → stores → services → gateway → clusters → nodes → controllers → listeners.
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { ADMIN_PREFIX, adminHandler } from "./admin/handler.ts";
import type { Service } from "./aws/operation.ts";
import { type SigningKeys, verifyPresigned } from "./aws/sigv4.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { createLog, type Log } from "./base/log.ts";
import { type Random, systemRandom } from "./base/random.ts";
import type { ClusterEnvironment } from "./clusters/embedded-cluster.ts";
import { EmbeddedProvider } from "./clusters/embedded-provider.ts";
import { ISSUER_PREFIX, issuerRoute, ownIssuerKeys } from "./clusters/issuer-route.ts";
import { issuerKeySource } from "./clusters/oidc-keys.ts";
import { verifyPodToken } from "./clusters/pod-token-verifier.ts";
import type { Config } from "./config.ts";
import { type Controllers, startControllers } from "./controllers/index.ts";
import { IMMEDIATE, REALISTIC } from "./controllers/timing.ts";
import { createGateway } from "./gateway/gateway.ts";
import { globalConditions } from "./gateway/global-conditions.ts";
import { bind, closeServer } from "./listen.ts";
import { PodIdentities } from "./nodes/pod-identity.ts";
import { SimulatedNodes } from "./nodes/simulated-nodes.ts";
import { evaluate } from "./policy/evaluate.ts";
import { scalingGroups } from "./scaling-groups.ts";
import { createAutoScaling } from "./services/autoscaling/autoscaling.ts";
import { autoScalingState } from "./services/autoscaling/records.ts";
import { createCloudTrail } from "./services/cloudtrail/cloudtrail.ts";
import { createEc2, ec2Throttle } from "./services/ec2/index.ts";
import { regionsOf } from "./services/ec2/zones.ts";
import { createEks } from "./services/eks/index.ts";
import { createEksAuth } from "./services/eks-auth/index.ts";
import { createElasticLoadBalancing } from "./services/elasticloadbalancing/elasticloadbalancing.ts";
import { createIam } from "./services/iam/iam.ts";
import { createKms } from "./services/kms/kms.ts";
import { createLogs } from "./services/logs/logs.ts";
import { createSsm } from "./services/ssm/ssm.ts";
import { createSts } from "./services/sts/sts.ts";
import { Installation, Stores } from "./stores.ts";
import { targetProbe } from "./target-probe.ts";
import { endpointCertificate } from "./tls.ts";
import { allOf, anyOf, associationsOf, clusterSummaries, findAssociation, surroundings } from "./wiring.ts";

/** Version of this Atoll. */
export const VERSION = "0.1.0";

/** Time, chance and log; tests give their own. */
export interface Environment {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}

/** A running Atoll. */
export interface Atoll {
  readonly endpoint: string;
  readonly tlsEndpoint: string;
  readonly adminToken: string;
  /** PEM of the authority of the TLS endpoint. */
  readonly certificateAuthority: string;
  readonly rootKey: SigningKeys;
  readonly clusters: EmbeddedProvider;
  readonly nodes: SimulatedNodes;
  readonly controllers: Controllers;
  /** AWS services, by name. */
  readonly services: ReadonlyMap<string, Service>;
  readonly stores: Stores;
  /** Resolves when somebody asked for a stop over the administration endpoints. */
  readonly stopRequested: Promise<void>;
  /** Stops everything and makes it durable. */
  close(): Promise<void>;
}

const PARTITION = "aws";

/** Starts Atoll. Rejects with PortError, or the disk's error, and then has left nothing running. */
export async function startAtoll(config: Config, environment: Environment = {}): Promise<Atoll> {
  const { clock = systemClock, random = systemRandom, log = createLog(config.logLevel) } = environment;
  const stores = new Stores(config.dataDir, config.ephemeral, (error) =>
    log.error({ err: error }, "a change could not be stored or delivered"),
  );
  const store = stores.aws;
  const installation = new Installation(store);
  const realistic = config.timing === "realistic";
  const address = { http: "", tls: "" };
  const stop = Promise.withResolvers<void>();

  const cloudtrail = createCloudTrail({ store, random });
  const clusterList = () => provider.clusters();
  const issuerKeys = ownIssuerKeys(clusterList);
  const iam = createIam({ store, clock, random, issuerKeys });
  const { directory } = iam;
  const recorder = allOf(cloudtrail.recorder, iam.usage);
  const sts = createSts({
    ...{ store, clock, random, directory, evaluate, recorder, fetch, log },
    issuerKeys,
    globalConditions: (caller, facts) => globalConditions(caller, facts, directory),
    decodeMessage: (message) => gateway.decodeAuthorizationMessage(message),
  });
  const credentials = anyOf(iam.credentials, sts.credentials);
  const gateway = createGateway({
    ...{ directory, credentials, recorder, store, clock, log, random },
    ...(config.ec2Throttling && { throttle: ec2Throttle(clock) }),
    regions: regionsOf(PARTITION).map(({ name }) => name),
    defaultRegion: config.region,
    endpoint: () => address.http,
  });
  const { invoke } = gateway;
  const sessions = sts.issuer;

  const kms = createKms({
    ...{ store, random, directory, evaluate },
    globalConditions: (caller, facts) => globalConditions(caller, facts, directory),
  });
  const { addressChoice, interfaceQuota } = config;
  const ec2 = createEc2({ store, clock, random, profiles: directory, addressChoice, interfaceQuota });
  const eks = createEks({ store, clock, random, invoke, directory, sessions });
  const { state } = eks;
  const logs = createLogs({ store });
  const ownHosts = () => new Set([address.http, address.tls].flatMap((url) => (url ? hostsOf(url) : [])));
  const foreignKeys = issuerKeySource(fetch, clock, (issuer) => issuerKeys.jwks(issuer));
  const clusterEnvironment: ClusterEnvironment = {
    issuerKeys: foreignKeys,
    ...{ clock, log, random, host: config.host, policyBatch: realistic ? 1000 : 20 },
    surroundings: surroundings(state, invoke, logs.book),
    issuerBase: () => config.issuerBase || address.tls,
    tokenRules: ({ region, partition }) => ({ ownHosts: ownHosts(), region, partition }),
    verifyIdentity(token, clusterName) {
      const result = verifyPresigned(token.text, { "x-k8s-aws-id": clusterName }, (id) => credentials.credential(id), clock);
      if (!result.ok) throw new Error(result.failure.message ?? result.failure.reason);
      const { caller } = result.credential;
      return { arn: caller.arn, accountId: caller.accountId, userId: caller.userId, caller };
    },
  };
  const provider = new EmbeddedProvider(clusterEnvironment, stores);
  const nodes = new SimulatedNodes({
    ...{ invoke, directory, sessions, credentials, clock, log },
    endpoint: () => address.http,
    ...{ poolPeriod: realistic ? 5000 : 0, metadataLag: config.imdsLag, cniSockets: config.cniSockets },
    cluster: (key) => provider.cluster(key),
  });
  provider.watch((key) => void nodes.rejoin(key));
  const eksAuth = createEksAuth({
    ...{ sessions, random, credentials: sts.credentials, associations: associationsOf(state) },
    tokens: {
      async verify(key, token, audience) {
        const cluster = provider.cluster(key);
        return cluster ? verifyPodToken(cluster, token, audience, clock) : { kind: "invalid", reason: "the cluster does not run" };
      },
    },
  });
  const own = [eks, ec2, iam, sts, cloudtrail, logs, kms].map(({ service }) => service);
  const scaling = autoScalingState(store);
  const autoscaling = createAutoScaling({ ...{ state: scaling, invoke, random, directory, sessions }, groups: scalingGroups(state) });
  const balancing = createElasticLoadBalancing({
    ...{ store, clock, random, invoke, probe: targetProbe(state, () => provider) },
    delays: realistic ? { provisioning: 2 * 60_000, drains: true } : { provisioning: 0, drains: false },
  });
  for (const service of [...own, eksAuth, createSsm(), autoscaling, balancing.service]) gateway.serve(service);
  await balancing.resume().catch((error: unknown) => log.warn({ err: error }, "load balancers could not be completed"));

  const rootKeyOf = (account: string) => iam.accounts.ensureAccount(account).rootKey;
  const rootKey = rootKeyOf(config.account);
  if (!rootKey)
    throw new Error(
      `The root key of account ${config.account} was deleted or deactivated; start with another --account or a new --data-dir.`,
    );
  const { adminToken } = installation;
  const identities = new PodIdentities(nodes, clock, () => address.http);
  const admin = adminHandler({
    ...{ token: adminToken, version: VERSION, clock, log, provider, identities, defaultRegion: config.region },
    net: { invoke, partition: PARTITION, defaultAccount: config.account },
    explain: {
      ...{ partition: PARTITION, directory, sessions, credentials, clock, nodes, identities },
      ...{ rehearsal: sts.rehearsal, explainer: gateway.authorizer },
      sessionByArn: (arn) => sts.sessionByArn(arn),
      association: (key, namespace, serviceAccount) => findAssociation(state, key, namespace, serviceAccount),
    },
    endpoint: () => address.http,
    tlsEndpoint: () => address.tls,
    clusters: () => clusterSummaries(state),
    rootKey: (account) => (iam.accounts.list().includes(account) ? rootKeyOf(account) : undefined),
    shutdown: () => stop.resolve(),
  });
  gateway.routes.add(ADMIN_PREFIX, admin);
  gateway.routes.add(ISSUER_PREFIX, issuerRoute(clusterList));

  const certificate = await endpointCertificate(store, config.host, clock.now());
  const http = createHttpServer(gateway.handler);
  const https = createHttpsServer(
    { key: certificate.server.privateKey, cert: [certificate.server.certificate, certificate.authority].join("\n") },
    gateway.handler,
  );
  try {
    address.http = `http://${config.host}:${await bind(http, "http", config.host, config.port, installation)}`;
    address.tls = `https://localhost:${await bind(https, "tls", config.host, config.tlsPort, installation)}`;
  } catch (error) {
    await Promise.all([http, https].map((server) => (server.listening ? closeServer(server) : undefined)));
    await stores.aws.close();
    throw error;
  }
  const controllers = startControllers({
    ...{ state, scaling, clock, random, log, invoke, directory, sessions, nodes },
    clusters: provider,
    issuerProblem: (issuer) =>
      foreignKeys.keys(issuer, true).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    timing: realistic ? REALISTIC : IMMEDIATE,
  });
  await store.flushed();

  return {
    endpoint: address.http,
    tlsEndpoint: address.tls,
    certificateAuthority: certificate.authority,
    ...{ adminToken, rootKey, clusters: provider, nodes, controllers, stores, services: gateway.services },
    stopRequested: stop.promise,
    async close() {
      await Promise.all([closeServer(http), closeServer(https)]);
      await controllers.close();
      await nodes.close();
      await provider.close();
      await gateway.close();
      sts.close();
      await store.close();
    },
  };
}

/** Names under which clients may address a listener of this machine. */
function hostsOf(url: string): string[] {
  const { hostname, port } = new URL(url);
  return [hostname, "localhost", "127.0.0.1"].map((name) => `${name}:${port}`);
}
