// The metadata service of one node, on loopback: for local processes that act as pods of the node.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Instance } from "@aws-sdk/client-ec2";
import type { ServiceCaller } from "../../aws/caller.ts";
import type { Invoke } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import { systemRandom } from "../../base/random.ts";
import type { NodeCredentials } from "../node-credentials.ts";
import type { NodeBoot } from "../node-runtime.ts";
import { type Documents, documentsOf } from "./documents.ts";
import { imdsHandler } from "./handler.ts";
import { isOwnPeer } from "./peer-owner.ts";
import { SessionTokens } from "./tokens.ts";

const LOOPBACK = "127.0.0.1";

/** What the service is about. */
export interface ImdsServerOptions {
  readonly boot: NodeBoot;
  readonly credentials: NodeCredentials;
  readonly invoke: Invoke;
  readonly clock: Clock;
}

/** One instance's metadata service. It listens from the first time somebody asks for its address. */
export class ImdsServer {
  readonly #options: ImdsServerOptions;
  #listening: Promise<Server> | undefined;

  constructor(options: ImdsServerOptions) {
    this.#options = options;
  }

  /**
   * `http://127.0.0.1:<port>` for a pod on the instance; undefined if the instance does not let it through: the endpoint is off, or the pod has a
   * network of its own and the hop limit of token answers is 1, so that they end on the node (EC2 User Guide, "HttpPutResponseHopLimit").
   */
  async urlFor({ hostNetwork }: { readonly hostNetwork: boolean }): Promise<string | undefined> {
    const { HttpEndpoint, HttpPutResponseHopLimit = 1 } = (await this.#instance())?.MetadataOptions ?? {};
    if (HttpEndpoint === "disabled" || (!hostNetwork && HttpPutResponseHopLimit < 2)) return undefined;
    this.#listening ??= this.#listen();
    const { port } = (await this.#listening).address() as AddressInfo;
    return `http://${LOOPBACK}:${port}`;
  }

  async close(): Promise<void> {
    const server = await this.#listening?.catch(() => undefined);
    server?.closeAllConnections();
    server?.close();
  }

  #listen(): Promise<Server> {
    const { boot, credentials, clock } = this.#options;
    const { partition, account, nodeRoleArn } = boot;
    const handler = imdsHandler({
      tokens: new SessionTokens(clock, systemRandom),
      clock,
      tokensRequired: async () => (await this.#instance())?.MetadataOptions?.HttpTokens === "required",
      documents: () => this.#documents(),
      roleArn: nodeRoleArn,
      profileArn: `arn:${partition}:iam::${account}:instance-profile/${nodeRoleArn.split("/").at(-1)}`,
      credentials: () => credentials.get(),
    });
    const server = createServer((request, response) => void handler(request, response));
    server.on("connection", (socket) => {
      if (!isOwnPeer(socket)) socket.destroy();
    });
    server.unref();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, LOOPBACK, () => resolve(server));
    });
  }

  async #documents(): Promise<Documents> {
    const { boot, invoke } = this.#options;
    const instance = (await this.#instance()) ?? {};
    const interfaces = instance.NetworkInterfaces ?? [];
    const SubnetIds = [...new Set(interfaces.flatMap(({ SubnetId }) => SubnetId ?? []))];
    const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", { SubnetIds }, this.#asEc2());
    const { Vpcs = [] } = await invoke("ec2", "DescribeVpcs", { VpcIds: instance.VpcId ? [instance.VpcId] : [] }, this.#asEc2());
    const blocks = [...Subnets.map((each) => [each.SubnetId, each.CidrBlock]), ...Vpcs.map((each) => [each.VpcId, each.CidrBlock])];
    const vpcCidrs = Vpcs.flatMap((each) => each.CidrBlockAssociationSet ?? [])
      .filter(({ CidrBlockState }) => CidrBlockState?.State === "associated")
      .flatMap(({ CidrBlock }) => CidrBlock ?? []);
    return documentsOf({ boot, instance, blocks: Object.fromEntries(blocks), vpcCidrs });
  }

  async #instance(): Promise<Instance | undefined> {
    const { boot, invoke } = this.#options;
    const found = await invoke("ec2", "DescribeInstances", { InstanceIds: [boot.instanceId] }, this.#asEc2()).catch(() => undefined);
    return found?.Reservations?.[0]?.Instances?.[0];
  }

  #asEc2() {
    const { partition, account, region } = this.#options.boot;
    const service = "ec2.amazonaws.com";
    const caller: ServiceCaller = { kind: "service", service, partition, accountId: account, arn: service, userId: service };
    return { caller, region };
  }
}
