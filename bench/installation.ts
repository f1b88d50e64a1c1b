// An Atoll in this process with a VPC and roles, for the figures that need one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateSubnetCommand } from "@aws-sdk/client-ec2";
import { type Atoll, startAtoll } from "../src/atoll.ts";
import { silentLog } from "../src/base/log.ts";
import { type Clients, makeClients } from "../src/cli/demo/clients.ts";
import { createNetwork, describeSubnets, type Network } from "../src/cli/demo/network.ts";
import { createClusterRole, createNodeRole } from "../src/cli/demo/roles.ts";
import { readConfig } from "../src/config.ts";

/** What benchmarks work with. */
export interface Installation {
  readonly atoll: Atoll;
  readonly clients: Clients;
  readonly network: Network;
  /** Two /20 subnets for nodes with many pods. */
  readonly nodeSubnets: readonly string[];
  readonly clusterRole: string;
  readonly nodeRole: string;
  close(): Promise<void>;
}

/** Starts it over SQLite in a temporary directory, as users run it. */
export async function install(settings: { readonly interfaceQuota?: number } = {}): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), "atoll-bench-"));
  const config = readConfig({ dataDir, port: 0, tlsPort: 0, ...settings });
  const atoll = await startAtoll(config, { log: silentLog });
  const { endpoint, tlsEndpoint, adminToken, rootKey } = atoll;
  const { account, region } = config;
  const clients = makeClients({ endpoint, tlsEndpoint, adminToken, account, region, ...rootKey, pid: 0, certificateAuthority: "" });
  const network = await createNetwork(clients.ec2);
  const zones = (await describeSubnets(clients.ec2, network.privateSubnets)).map(({ zone }) => zone);
  const nodeSubnets = await Promise.all(
    zones.map(async (AvailabilityZone, i) => {
      const cidr = `10.42.${64 + 16 * i}.0/20`;
      const { Subnet } = await clients.ec2.send(new CreateSubnetCommand({ VpcId: network.vpcId, AvailabilityZone, CidrBlock: cidr }));
      return Subnet!.SubnetId!;
    }),
  );
  return {
    ...{ atoll, clients, network, nodeSubnets },
    clusterRole: await createClusterRole(clients.iam),
    nodeRole: await createNodeRole(clients.iam),
    async close() {
      await atoll.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
