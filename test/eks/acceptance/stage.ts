// A running Atoll for the acceptance checklist: real SDK clients, time that tests move, and a network with roles around the clusters.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
  type EC2Client,
  type NetworkInterface,
} from "@aws-sdk/client-ec2";
import {
  type Cluster,
  CreateClusterCommand,
  type CreateClusterRequest,
  DeleteClusterCommand,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  type EKSClient,
  type EKSServiceException,
  type Update,
} from "@aws-sdk/client-eks";
import type { IAMClient } from "@aws-sdk/client-iam";
import { ACCOUNT, type Clients, type Keys, REGION, sdkClients, startTestAtoll, type TestAtoll } from "../../support/atoll.ts";
import { createRoles } from "../../support/scenario.ts";
import { ShiftedTime } from "../../support/shifted-time.ts";
import { type RawAnswer, signedFetch } from "../../support/signed-fetch.ts";
import { eventually } from "../../support/wait.ts";

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

/** A VPC with private subnets in us-west-2a, b, a, b, a cluster role and a node role. */
export interface Ground {
  readonly vpcId: string;
  readonly subnets: readonly string[];
  readonly clusterRole: string;
  readonly nodeRole: string;
}

/** How a stage differs from one in May 2026 whose transitions take no time. */
export interface StageOptions {
  readonly at?: string;
  /** With `realistic`, transitional statuses stay until time is stepped. */
  readonly timing?: "immediate" | "realistic";
  /** Keeps state on disk, so that the stage can be restarted. */
  readonly durable?: boolean;
}

/** Makes clients sign with the stage's time. */
function follow(clients: Clients, time: ShiftedTime): void {
  for (const { config, middlewareStack } of Object.values(clients) as EKSClient[]) {
    const sign = (next: (args: never) => Promise<never>) => (args: never) => {
      config.systemClockOffset = time.offset;
      return next(args);
    };
    middlewareStack.add(sign as never, { step: "initialize", name: "stageTime" });
  }
}

/** Atoll, its clients and the account around a cluster. */
export class Stage {
  readonly test: TestAtoll;
  readonly time: ShiftedTime;
  readonly ground: Ground;
  readonly #home: string;
  readonly #realistic: boolean;

  constructor(test: TestAtoll, time: ShiftedTime, ground: Ground, home: string, realistic: boolean) {
    this.#realistic = realistic;
    this.test = test;
    this.time = time;
    this.ground = ground;
    this.#home = home;
  }

  get eks(): EKSClient {
    return this.test.clients.eks;
  }

  get ec2(): EC2Client {
    return this.test.clients.ec2;
  }

  get iam(): IAMClient {
    return this.test.clients.iam;
  }

  /** Clients of somebody else than root. */
  clientsOf(keys: Keys): Clients {
    const clients = this.test.clientsOf(keys);
    follow(clients, this.time);
    return clients;
  }

  /** A CreateCluster request that passes. */
  request(name: string, more: Partial<CreateClusterRequest> = {}): CreateClusterRequest {
    const { clusterRole: roleArn, subnets } = this.ground;
    const accessConfig = { authenticationMode: "API_AND_CONFIG_MAP" as const };
    const { resourcesVpcConfig, ...rest } = more;
    return { name, roleArn, accessConfig, ...rest, resourcesVpcConfig: { subnetIds: subnets.slice(0, 2), ...resourcesVpcConfig } };
  }

  /** Creates a cluster and returns it once it is ACTIVE; with realistic timing, time passes for that. */
  async create(name: string, more: Partial<CreateClusterRequest> = {}): Promise<Cluster> {
    await this.eks.send(new CreateClusterCommand(this.request(name, more)));
    if (this.#realistic) this.time.step(10 * MINUTE);
    return this.active(name);
  }

  async cluster(name: string): Promise<Cluster> {
    return (await this.eks.send(new DescribeClusterCommand({ name }))).cluster!;
  }

  /** The cluster, once it is ACTIVE. */
  active(name: string): Promise<Cluster> {
    return eventually(`cluster ${name} ACTIVE`, async () => {
      const cluster = await this.cluster(name);
      assert.notEqual(cluster.status, "FAILED", JSON.stringify(cluster.health));
      return cluster.status === "ACTIVE" && cluster;
    });
  }

  /** Creates a cluster whose creation fails because a subnet goes away before its interface is made. */
  async failed(name: string, more: Partial<CreateClusterRequest> = {}): Promise<Cluster> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const doomed = await this.subnet(`10.0.${200 + attempt}.0/24`, `${REGION}c`);
      const subnetIds = [this.ground.subnets[0]!, doomed];
      await this.eks.send(new CreateClusterCommand(this.request(name, { ...more, resourcesVpcConfig: { subnetIds } })));
      // The interface may have been faster; then this is refused.
      const deleted = await this.ec2.send(new DeleteSubnetCommand({ SubnetId: doomed })).catch(() => undefined);
      if (deleted)
        return eventually(`cluster ${name} FAILED`, async () => {
          const cluster = await this.cluster(name);
          return cluster.status === "FAILED" && cluster;
        });
      await this.eks.send(new DeleteClusterCommand({ name }));
      this.time.step(DAY);
      await eventually(`cluster ${name} gone`, () =>
        this.cluster(name).then(
          () => false,
          () => true,
        ),
      );
    }
    throw new Error(`the creation of ${name} could not be made to fail`);
  }

  /** An update, once it has ended. */
  ended(name: string, update: Update | undefined, scope: { nodegroupName?: string; addonName?: string } = {}): Promise<Update> {
    return eventually(`${update?.type} of ${name} ended`, async () => {
      const { update: now } = await this.eks.send(new DescribeUpdateCommand({ name, updateId: update!.id!, ...scope }));
      return now?.status !== "InProgress" && now;
    });
  }

  /** An update that has to succeed. */
  async succeeded(name: string, update: Update | undefined, scope: { nodegroupName?: string; addonName?: string } = {}): Promise<Update> {
    const ended = await this.ended(name, update, scope);
    assert.equal(ended.status, "Successful", JSON.stringify(ended.errors));
    return ended;
  }

  /** Sends what an SDK would not, signed by root. */
  raw(path: string, method = "GET", body?: object | string): Promise<RawAnswer> {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    const at = new Date(this.time.now());
    const { endpoint } = this.test.connection;
    return signedFetch({ endpoint, keys: this.test.root, method, path, at, ...(text !== undefined && { body: text }) });
  }

  /** The control plane's interfaces. */
  async interfaces(name: string): Promise<NetworkInterface[]> {
    const Filters = [{ Name: "description", Values: [`Amazon EKS ${name}`] }];
    return (await this.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces ?? [];
  }

  async subnet(CidrBlock: string, zone: string, VpcId = this.ground.vpcId): Promise<string> {
    const { Subnet } = await this.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: zone }));
    return Subnet!.SubnetId!;
  }

  /** A subnet of the first zone with a way to the internet, which gives its instances no public addresses. */
  async openSubnet(CidrBlock: string): Promise<string> {
    const VpcId = this.ground.vpcId;
    const SubnetId = await this.subnet(CidrBlock, `${REGION}a`);
    const { InternetGateway } = await this.ec2.send(new CreateInternetGatewayCommand({}));
    const GatewayId = InternetGateway!.InternetGatewayId!;
    await this.ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }));
    const { RouteTable } = await this.ec2.send(new CreateRouteTableCommand({ VpcId }));
    const RouteTableId = RouteTable!.RouteTableId!;
    await this.ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId }));
    await this.ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
    return SubnetId;
  }

  /** Stops Atoll and starts it again over the same state. */
  async restart(): Promise<void> {
    await this.test.restart();
    follow(this.test.clients, this.time);
  }

  async close(): Promise<void> {
    await this.test.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** A VPC with subnets in the zones a and b of a region, by turns. */
export async function layGround(ec2: EC2Client, region = REGION, cidr = "10.0"): Promise<Pick<Ground, "vpcId" | "subnets">> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: `${cidr}.0.0/16` }));
  const vpcId = Vpc!.VpcId!;
  const subnets: string[] = [];
  for (const [index, zone] of ["a", "b", "a", "b"].entries()) {
    const subnet = { VpcId: vpcId, CidrBlock: `${cidr}.${index}.0/24`, AvailabilityZone: `${region}${zone}` };
    subnets.push((await ec2.send(new CreateSubnetCommand(subnet))).Subnet!.SubnetId!);
  }
  return { vpcId, subnets };
}

/** Starts Atoll at a date of its own. */
export async function startStage({
  at = "2026-05-01T00:00:00Z",
  timing = "immediate",
  durable = false,
}: StageOptions = {}): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), "atoll-stage-"));
  const time = new ShiftedTime(join(home, "offset"));
  time.step(Date.parse(at) - Date.now());
  const test = await startTestAtoll({ clock: time }, { timing, ephemeral: !durable });
  follow(test.clients, time);
  const [ground, { cluster: clusterRole, node: nodeRole }] = await Promise.all([
    layGround(test.clients.ec2),
    createRoles(test.clients.iam),
  ]);
  return new Stage(test, time, { ...ground, clusterRole, nodeRole }, home, timing === "realistic");
}

/** The error a call is refused with: of that name and with that message. */
export async function refused(
  call: Promise<unknown>,
  name: string,
  message: string | RegExp,
): Promise<EKSServiceException & Record<string, unknown>> {
  const error = await call.then(
    (answer) => assert.fail(`expected ${name}, got ${JSON.stringify(answer)}`),
    (thrown: EKSServiceException & Record<string, unknown>) => thrown,
  );
  assert.equal(error.name, name, error.message);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return error;
}

/** Clients of a stage in another region. */
export function clientsIn(stage: Stage, region: string): Clients {
  const clients = sdkClients(stage.test.connection.endpoint, stage.test.root, region);
  follow(clients, stage.time);
  return clients;
}

export { ACCOUNT, REGION };
