// The VPC's blocks as a node knows them: read again when the last look is half a minute old (spec vpc-cni §2.2).
import type { ServiceCaller } from "../../aws/caller.ts";
import type { Invoke } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { VpcCidrs } from "../../cni/rpc/backend.ts";
import type { NodeBoot } from "../node-runtime.ts";

const PERIOD = 30_000;

/** Reader of the blocks that are associated with a VPC. When EC2 does not answer, what was read before stands. */
export function vpcCidrReader(invoke: Invoke, boot: NodeBoot, vpcId: string, clock: Clock): () => Promise<VpcCidrs> {
  let known: VpcCidrs = { ipv4: [], ipv6: [] };
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.now() - readAt < PERIOD) return known;
    readAt = clock.now();
    const { partition, account, region } = boot;
    const service = "ec2.amazonaws.com";
    const caller: ServiceCaller = { kind: "service", service, partition, accountId: account, arn: service, userId: service };
    const answer = await invoke("ec2", "DescribeVpcs", { VpcIds: [vpcId] }, { caller, region }).catch(() => undefined);
    const [vpc] = answer?.Vpcs ?? [];
    if (vpc)
      known = {
        ipv4: blocksOf(vpc.CidrBlockAssociationSet, "CidrBlock"),
        ipv6: blocksOf(vpc.Ipv6CidrBlockAssociationSet, "Ipv6CidrBlock"),
      };
    return known;
  };
}

interface Association {
  readonly CidrBlock?: string;
  readonly Ipv6CidrBlock?: string;
  readonly CidrBlockState?: { readonly State?: string };
  readonly Ipv6CidrBlockState?: { readonly State?: string };
}

function blocksOf(associations: readonly Association[] = [], name: "CidrBlock" | "Ipv6CidrBlock"): string[] {
  return associations.flatMap((each) => {
    const block = each[name];
    return block !== undefined && each[`${name}State`]?.State === "associated" ? [block] : [];
  });
}
