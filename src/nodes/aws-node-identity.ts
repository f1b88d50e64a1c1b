// Whom ipamd calls EC2 as: the role that aws-node's pod has by Pod Identity or IRSA, otherwise the node's (spec vpc-cni §9.5, identity §2.10).
import type { AnonymousCaller, Caller } from "../aws/caller.ts";
import type { Invoke } from "../aws/operation.ts";
import type { Clock } from "../base/clock.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodTokens, TokenSource } from "../kubernetes/kubelet/tokens.ts";
import type { CredentialSource } from "../services/ports.ts";
import type { CredentialsSource } from "./agent/credentials-source.ts";
import type { NodeBoot } from "./node-runtime.ts";

const RENEW_BEFORE = 5 * 60_000;
/** A refused exchange is not tried again sooner: ipamd makes many calls. */
const RETRY_AFTER = 1000;

/** What the identity is made from. */
export interface AwsNodeIdentityOptions {
  readonly boot: NodeBoot;
  readonly invoke: Invoke;
  readonly credentials: CredentialSource;
  readonly tokens: PodTokens;
  readonly clock: Clock;
  /** The node's aws-node pod. */
  awsNode(): KubeObject | undefined;
  /** Exchanges a Pod Identity token through the node's agent; undefined if no agent runs. */
  agent(): Promise<CredentialsSource | undefined>;
  /** The node role's session: what instance metadata gives. */
  nodeRole(): Caller;
}

/** The SDK's default chain of the container aws-node, kept until shortly before its credentials end. */
export class AwsNodeIdentity {
  readonly #options: AwsNodeIdentityOptions;
  #current: { readonly uid: string; readonly caller: Promise<Caller>; renewAt: number } | undefined;

  constructor(options: AwsNodeIdentityOptions) {
    this.#options = options;
  }

  /** Calls of the process's own path, made as aws-node whatever caller they name. */
  readonly invoke: Invoke = (async (service: never, operation: never, input: never, options: { region: string }) =>
    this.#options.invoke(service, operation, input, { ...options, caller: await this.caller() })) as unknown as Invoke;

  /** Rejects with STS's or EKS Auth's refusal. */
  caller(): Promise<Caller> {
    const { awsNode, nodeRole, clock } = this.#options;
    const pod = awsNode();
    const env = literals(pod);
    if (!pod || (env.AWS_WEB_IDENTITY_TOKEN_FILE === undefined && env.AWS_CONTAINER_CREDENTIALS_FULL_URI === undefined))
      return (async () => nodeRole())();
    const { uid } = pod.metadata;
    if (this.#current?.uid === uid && clock.now() < this.#current.renewAt) return this.#current.caller;
    const exchange = env.AWS_WEB_IDENTITY_TOKEN_FILE !== undefined ? this.#webIdentity(pod, env) : this.#podIdentity(pod);
    const current = { uid, caller: exchange.then(({ caller }) => caller), renewAt: Number.POSITIVE_INFINITY };
    this.#current = current;
    exchange.then(
      ({ expiresAt }) => {
        current.renewAt = expiresAt - RENEW_BEFORE;
      },
      () => {
        current.renewAt = clock.now() + RETRY_AFTER;
      },
    );
    return current.caller;
  }

  async #webIdentity(pod: KubeObject, env: Readonly<Record<string, string>>): Promise<Exchanged> {
    const { invoke, tokens, clock, boot } = this.#options;
    const { token } = await tokens.tokenFor(pod, tokenSource(pod, "aws-iam-token"));
    const caller: AnonymousCaller = { kind: "anonymous", partition: boot.partition, accountId: "", arn: "", userId: "" };
    // The Go SDK names sessions after the nanosecond.
    const RoleSessionName = env.AWS_ROLE_SESSION_NAME ?? `${clock.now()}000000`;
    const input = { RoleArn: env.AWS_ROLE_ARN ?? "", RoleSessionName, WebIdentityToken: token };
    const where = { caller, region: boot.region, sourceIp: boot.privateIpAddress, userAgent: "amazon-vpc-cni-k8s" };
    const { Credentials } = await invoke("sts", "AssumeRoleWithWebIdentity", input, where);
    return this.#issued(Credentials?.AccessKeyId ?? "");
  }

  async #podIdentity(pod: KubeObject): Promise<Exchanged> {
    const { tokens, agent } = this.#options;
    const source = await agent();
    if (!source) throw new Error("failed to load credentials: no eks-pod-identity-agent answers on the node");
    const { token } = await tokens.tokenFor(pod, tokenSource(pod, "eks-pod-identity-token"));
    return this.#issued((await source.credentials(token)).accessKeyId);
  }

  #issued(accessKeyId: string): Exchanged {
    const found = this.#options.credentials.credential(accessKeyId);
    if (!found) throw new Error("issued credentials cannot be found");
    return { caller: found.caller, expiresAt: found.expiresAt ?? Number.POSITIVE_INFINITY };
  }
}

interface Exchanged {
  readonly caller: Caller;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

function literals(pod: KubeObject | undefined): Readonly<Record<string, string>> {
  const containers: { name: string; env?: { name: string; value?: string }[] }[] = pod?.spec?.containers ?? [];
  const { env = [] } = containers.find(({ name }) => name === "aws-node") ?? {};
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function tokenSource(pod: KubeObject, volumeName: string): TokenSource {
  const volume = pod.spec.volumes?.find(({ name }: { name: string }) => name === volumeName);
  const found = volume?.projected?.sources?.find((each: { serviceAccountToken?: TokenSource }) => each.serviceAccountToken);
  if (!found) throw new Error(`the pod has no volume ${volumeName} with a token`);
  return found.serviceAccountToken;
}
