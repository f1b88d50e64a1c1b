// One cluster run in this process: store, API server, controllers, HTTPS endpoint.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import { SCHEDULER } from "../kubernetes/auth/components.ts";
import { LiveTrustBundle } from "../kubernetes/auth/trust-bundle.ts";
import type { UserInfo } from "../kubernetes/auth/types.ts";
import type { KubeClient } from "../kubernetes/client/client.ts";
import { type RunningControllers, startControllers } from "../kubernetes/controllers/index.ts";
import { KubeletFleet } from "../kubernetes/kubelet/fleet.ts";
import { simulatedUsage } from "../kubernetes/kubelet/usage.ts";
import { runController } from "../kubernetes/runtime/controller.ts";
import { startScheduler } from "../kubernetes/scheduler/index.ts";
import type { PortAnswer } from "../kubernetes/server/options.ts";
import { type ApiServer, createApiServer } from "../kubernetes/server/server.ts";
import { simulatedStreams } from "../kubernetes/streams/simulated.ts";
import type { Store } from "../store/store.ts";
import { accessPolicyAuthorizer } from "./access-policy-authorizer.ts";
import { installDefaultAddons } from "./addons/default-addons.ts";
import { registryOf } from "./addons/registry.ts";
import { Authorities } from "./authorities.ts";
import { parseAwsAuth } from "./aws-auth.ts";
import { certificateSigner } from "./certificate-signing.ts";
import { ControlPlaneLog } from "./control-plane-log/control-plane-log.ts";
import type { TokenRules } from "./eks-token.ts";
import { admitsConnection } from "./endpoint-admission.ts";
import { type ClusterSurroundings, serviceAddress } from "./facts.ts";
import { fargateMutation } from "./fargate-mutation.ts";
import { iamAuthenticator, type VerifyPresignedIdentity } from "./iam-authenticator.ts";
import { type IamIdentity, type MappingSources, mapIdentity } from "./identity-mapping.ts";
import { IdentityState } from "./identity-state.ts";
import { AGENT_URI_V4, AGENT_URI_V6 } from "./identity-webhook/methods.ts";
import { identityWebhook } from "./identity-webhook/plugin.ts";
import { type Identity, type Listener, listen } from "./listener.ts";
import { loadBalancingWebhook } from "./load-balancing/webhook.ts";
import { networkPolicyController } from "./network-policy/controller.ts";
import { NETWORK_POLICY_USER, networkPolicyRoles } from "./network-policy/roles.ts";
import { oidcAuthenticator } from "./oidc-authenticator.ts";
import type { IssuerKeySource } from "./oidc-keys.ts";
import { issueServerCertificate } from "./pki.ts";
import type { AuthoritiesWanted, ClusterEndpoint, ClusterFacts } from "./provider.ts";
import { KeyRing } from "./signing-keys.ts";
import { systemRoles } from "./system-roles.ts";
import { serverVersion } from "./versions.ts";
import { vpcResourceObjects } from "./vpc-resource/objects.ts";
import { vpcResourceSources } from "./vpc-resource/sources.ts";
import { vpcResourceWebhook } from "./vpc-resource/webhook.ts";

/** The audience of the API server's own tokens on EKS. */
const API_AUDIENCE = "https://kubernetes.default.svc";
/** Drivers whose volumes are made in EC2. */
const EXTERNAL_PROVISIONERS = ["ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"];
const ADMINISTRATOR: UserInfo = { username: "eks:cluster-bootstrap", groups: ["system:masters", "system:authenticated"] };

/** What a cluster shares with its process. */
export interface ClusterEnvironment {
  readonly surroundings: ClusterSurroundings;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Address clusters listen on. */
  readonly host: string;
  /** Base of issuer URLs, without a trailing slash. */
  issuerBase(region: string): string;
  tokenRules(cluster: ClusterFacts): TokenRules;
  readonly verifyIdentity: VerifyPresignedIdentity;
  /** Keys of OpenID Connect issuers; absent: clusters accept no foreign issuers. */
  readonly issuerKeys?: IssuerKeySource;
  /** Milliseconds for which the network policy controller gathers changes of pods. */
  readonly policyBatch: number;
}

/** What a node's ports answer to a GET; undefined: nothing listens there. */
export type NodePorts = (port: number, path: string) => PortAnswer | undefined;

/** A running cluster. */
export class EmbeddedCluster {
  facts: ClusterFacts;
  readonly keys: KeyRing;
  readonly issuer: string;
  /** What listens on the nodes, by name; nodes enter and leave it themselves. */
  readonly nodePorts = new Map<string, NodePorts>();
  readonly #environment: ClusterEnvironment;
  readonly #store: Store;
  readonly #authorities: Authorities;
  readonly #trust: LiveTrustBundle;
  readonly #server: ApiServer;
  readonly #controlPlaneLog: ControlPlaneLog;
  readonly #closers: (() => void | Promise<void>)[] = [];
  #listener: Listener | undefined;
  #running: RunningControllers | undefined;
  #fleet: KubeletFleet | undefined;

  private constructor(facts: ClusterFacts, store: Store, authorities: Authorities, keys: KeyRing, environment: ClusterEnvironment) {
    this.facts = facts;
    this.keys = keys;
    this.issuer = `${environment.issuerBase(facts.region)}/id/${facts.hexId}`;
    this.#environment = environment;
    this.#store = store;
    this.#authorities = authorities;
    this.#trust = new LiveTrustBundle(authorities.bundle);
    this.#controlPlaneLog = new ControlPlaneLog({
      clock: environment.clock,
      hexId: facts.hexId,
      enabled: (type) => this.facts.logTypes.includes(type),
      deliver: (stream, lines) => environment.surroundings.deliverLog?.(this.facts, stream, lines),
    });
    this.#server = this.#createServer();
  }

  /** Brings the cluster up over its store: new, or with what it had. */
  static async open(facts: ClusterFacts, store: Store, environment: ClusterEnvironment): Promise<EmbeddedCluster> {
    const state = new IdentityState(store);
    const now = environment.clock.now();
    const authorities = await Authorities.open(store, now);
    const keys = new KeyRing(state.keyStorage, environment.clock);
    await keys.rotate();
    const cluster = new EmbeddedCluster(facts, store, authorities, keys, environment);
    await cluster.#server.start();
    await cluster.#listen(state);
    await cluster.#ensureObjects();
    if (!state.bootstrapped) {
      await cluster.#bootstrap();
      state.bootstrapped = true;
    }
    cluster.#startLoops();
    await store.flushed();
    return cluster;
  }

  get endpoint(): ClusterEndpoint {
    return {
      endpoint: `https://${this.#environment.host}:${this.#listener?.port ?? 0}`,
      certificateAuthority: Buffer.from(this.#trust.pem).toString("base64"),
      oidcIssuer: this.issuer,
    };
  }

  /** A client acting as `user`; the default has every right. */
  client(user: UserInfo = ADMINISTRATOR, fieldManager?: string): KubeClient {
    return this.#server.client(user, fieldManager);
  }

  /** A client acting as a part of the control plane, with its rights; named by its user. */
  component(username: string): KubeClient {
    return this.#server.component(username);
  }

  /** Trusts exactly these authorities and signs with one of them, at once and for everybody. See {@link ClusterRuntime.authorities}. */
  async arrangeAuthorities(wanted: AuthoritiesWanted): Promise<Readonly<Record<string, string>>> {
    const certificates = await this.#authorities.arrange(wanted, this.#environment.clock.now());
    this.#trust.replace(this.#authorities.bundle);
    this.#listener?.become(await this.#identity());
    await this.#store.flushed();
    return certificates;
  }

  /** Who an IAM principal is to this cluster; undefined if it does not know it. */
  mapIdentity(identity: IamIdentity): Promise<UserInfo | undefined> {
    return mapIdentity(identity, this.#mappingSources());
  }

  /** The controllers and their caches. */
  get running(): RunningControllers {
    if (!this.#running) throw new Error("the cluster is not running");
    return this.#running;
  }

  /** The kubelets of the cluster's simulated nodes. */
  get fleet(): KubeletFleet {
    if (!this.#fleet) throw new Error("the cluster is not running");
    return this.#fleet;
  }

  /** Stops serving; the store is closed. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    this.#server.close();
    this.#controlPlaneLog.close();
    await this.#listener?.close();
    await this.#store.close();
  }

  #createServer(): ApiServer {
    const { surroundings, clock, log, random, verifyIdentity, tokenRules, issuerKeys } = this.#environment;
    const current = () => this.facts;
    const access = () => surroundings.access(current());
    const controlPlaneLog = this.#controlPlaneLog;
    return createApiServer({
      get audit() {
        return controlPlaneLog.audit;
      },
      store: this.#store,
      clock,
      log: log.child({ cluster: this.facts.name }),
      random,
      version: serverVersion(this.facts.version),
      serviceAccounts: {
        issuer: this.issuer,
        audiences: [API_AUDIENCE],
        sign: (claims) => this.keys.sign(claims),
        jwks: () => this.keys.jwks(),
      },
      authenticators: [
        ...(issuerKeys
          ? [oidcAuthenticator({ provider: () => surroundings.identityProvider?.(current()), keys: issuerKeys, clock, log })]
          : []),
        iamAuthenticator({
          clusterName: this.facts.name,
          ...this.#mappingSources(),
          rules: () => tokenRules(current()),
          verify: verifyIdentity,
          clock,
          tell: (level, message, fields) => {
            log.info({ cluster: this.facts.name, ...fields }, message);
            controlPlaneLog.authenticator(level, message, fields);
          },
        }),
      ],
      authorizers: [accessPolicyAuthorizer(access)],
      admission: [
        fargateMutation((namespace, labels) => surroundings.fargateProfile?.(current(), namespace, labels)),
        identityWebhook({
          region: this.facts.region,
          agentUri: this.facts.ipFamily === "ipv6" ? AGENT_URI_V6 : AGENT_URI_V4,
          random,
          serviceAccount: (namespace, name) => {
            const account = this.client().get("serviceaccounts", namespace, name);
            return account && { annotations: account.metadata.annotations };
          },
          hasAssociation: (namespace, name) => surroundings.hasPodIdentityAssociation(current(), namespace, name),
        }),
        loadBalancingWebhook(() => surroundings.autoMode?.(current()) ?? false),
        vpcResourceWebhook(vpcResourceSources(() => this.client())),
      ],
      streams: {
        ...simulatedStreams(clock, (namespace, name, changed) => this.#watchPod(namespace, name, changed)),
        port: (object, port, path) => this.#nodeOf(object)?.(port, path),
      },
      usage: simulatedUsage,
      clientCa: this.#trust,
      deprecatedUse: (use) => surroundings.deprecatedUse?.(current(), { ...use, at: clock.now() }),
      serviceCidr: this.facts.serviceCidr,
    });
  }

  /** What listens on the node that an object is, or whose network it shares. */
  #nodeOf({ kind, metadata, spec }: KubeObject): NodePorts | undefined {
    const name = kind === "Node" ? metadata.name : spec?.hostNetwork ? spec.nodeName : undefined;
    return name === undefined ? undefined : this.nodePorts.get(name);
  }

  #watchPod(namespace: string, name: string, changed: (pod: KubeObject | undefined) => void): { close(): void } {
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    return this.client().watch("pods", selection, ({ type, object }) => changed(type === "DELETED" ? undefined : object));
  }

  #mappingSources(): MappingSources {
    const { surroundings } = this.#environment;
    const access = () => surroundings.access(this.facts);
    return {
      access: {
        get mode() {
          return access().mode;
        },
        get creatorArn() {
          return access().creatorArn;
        },
        entries: () => access().entries(),
      },
      awsAuth: () => parseAwsAuth(this.client().get("configmaps", "kube-system", "aws-auth")?.data),
      instanceDnsName: (id) => surroundings.instanceDnsName(this.facts, id),
    };
  }

  async #listen(state: IdentityState): Promise<void> {
    const { host } = this.#environment;
    this.#listener = await listen(this.#server, {
      ...{ host, port: state.port, identity: await this.#identity() },
      admits: (remote) => admitsConnection(this.facts, remote),
    });
    state.port = this.#listener.port;
  }

  /** What the endpoint shows and asks for: a fresh serving certificate of the authority that signs. */
  async #identity(): Promise<Identity> {
    const { host, clock } = this.#environment;
    const { serviceCidr, interfaceAddresses } = this.facts;
    const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
    const hosts = [host, "127.0.0.1", "localhost", ...names, serviceAddress(serviceCidr, 1), ...interfaceAddresses];
    const { signer } = this.#authorities;
    const certificate = await issueServerCertificate(signer, [...new Set(hosts)], clock.now());
    return { certificate, issuer: signer.certificate, clientCa: this.#trust.pem };
  }

  /** Puts EKS's own objects into a cluster that lacks them: a new one, or one that an older Atoll made. */
  async #ensureObjects(): Promise<void> {
    const client = this.client(ADMINISTRATOR, "eks");
    for (const { type, object } of [...systemRoles(), ...vpcResourceObjects(), ...networkPolicyRoles()]) {
      if (!client.get(type, "", object.metadata.name ?? "")) await client.create(type, "", object);
    }
  }

  /** Puts the self-managed add-ons into a new cluster. Done once; interrupted, it is done again. */
  async #bootstrap(): Promise<void> {
    const client = this.client(ADMINISTRATOR, "eks");
    const { bootstrapSelfManagedAddons, version, name, region, vpcId, ipFamily, serviceCidr } = this.facts;
    if (!bootstrapSelfManagedAddons) return;
    await installDefaultAddons(client, version, {
      clusterName: name,
      region,
      vpcId,
      ipFamily,
      endpoint: this.endpoint.endpoint,
      dnsAddress: serviceAddress(serviceCidr, 10),
      registry: registryOf(region),
    });
  }

  #startLoops(): void {
    const { clock, log, random } = this.#environment;
    const clientFor = (username: string) => this.component(username);
    const running = startControllers({
      clientFor,
      catalog: this.#server.served,
      typeOf: (apiVersion, kind) => this.#server.typeOf(apiVersion, kind),
      externalProvisioners: EXTERNAL_PROVISIONERS,
      usage: simulatedUsage,
      caBundle: this.#trust,
      tokens: this.keys,
      certificates: certificateSigner(
        () => this.#authorities.signer,
        () => clock.now(),
      ),
      clock,
      log: log.child({ cluster: this.facts.name }),
      random,
    });
    this.#running = running;
    this.#closers.push(() => running.close());
    const { stores, activity } = running;
    const { policyBatch: podBatch } = this.#environment;
    const policyClient = this.client({ username: NETWORK_POLICY_USER, groups: ["system:authenticated"] }, "network-policy-controller");
    const policies = networkPolicyController({ client: policyClient, stores, clock, podBatch });
    const network = runController(policies, { stores, clock, log: log.child({ cluster: this.facts.name }), random }, activity);
    this.#closers.push(() => network.close());
    const scheduler = startScheduler({
      ...{ client: clientFor(SCHEDULER), stores, activity, clock, log, random },
      minor: Number(this.facts.version.split(".")[1]),
    });
    this.#closers.push(() => scheduler.close());
    const fleet = new KubeletFleet({
      clientFor: (node) => this.client({ username: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] }, "kubelet"),
      stores,
      clock,
      log,
      activity,
    });
    this.#fleet = fleet;
    this.#closers.push(() => fleet.close());
  }
}
