// Rules for the CIDR blocks of VPCs and subnets (Amazon VPC User Guide, "VPC CIDR blocks", "Subnet sizing").
import { type Cidr, contains, formatCidr, overlaps, parseCidr } from "../../vpc/cidr.ts";
import { ec2Error, invalidValue } from "./errors.ts";
import type { VpcRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Parses an IPv4 CIDR parameter. */
export function ipv4Cidr(text: string, parameter = "cidrBlock"): Cidr {
  const cidr = parseCidr(text);
  if (cidr?.family !== 4) throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`);
  return cidr;
}

/** Parses an IPv6 CIDR parameter. */
export function ipv6Cidr(text: string, parameter = "ipv6CidrBlock"): Cidr {
  const cidr = parseCidr(text);
  if (cidr?.family !== 6) throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid IPv6 CIDR block.`);
  return cidr;
}

/** A VPC block: /16 to /28. */
export function vpcCidr(text: string): string {
  const cidr = ipv4Cidr(text);
  if (cidr.prefix < 16 || cidr.prefix > 28) throw ec2Error("InvalidVpc.Range", `The CIDR '${text}' is invalid.`);
  return formatCidr(cidr);
}

/** A subnet block: /16 to /28, inside one of the VPC's blocks, apart from its other subnets. */
export function subnetCidr(scope: Scope, vpc: VpcRecord, text: string): string {
  const cidr = ipv4Cidr(text);
  const inside = vpc.cidrs.some((association) => contains(parseCidr(association.cidr)!, cidr));
  if (!inside || cidr.prefix < 16 || cidr.prefix > 28) throw ec2Error("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`);
  for (const subnet of scope.list("subnet")) {
    if (subnet.vpcId === vpc.id && subnet.cidr && overlaps(parseCidr(subnet.cidr)!, cidr)) {
      throw ec2Error("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`);
    }
  }
  return formatCidr(cidr);
}

/** An IPv6 subnet block: /44 to /64 in steps of four, inside one of the VPC's, apart from other subnets. */
export function subnetCidr6(scope: Scope, vpc: VpcRecord, text: string): string {
  const cidr = ipv6Cidr(text);
  const inside = vpc.cidrs6.some((association) => contains(parseCidr(association.cidr)!, cidr));
  if (!inside || cidr.prefix < 44 || cidr.prefix > 64 || cidr.prefix % 4 !== 0) {
    throw ec2Error("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`);
  }
  for (const subnet of scope.list("subnet")) {
    if (subnet.vpcId === vpc.id && subnet.cidr6 && overlaps(parseCidr(subnet.cidr6.cidr)!, cidr)) {
      throw ec2Error("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`);
    }
  }
  return formatCidr(cidr);
}

const rfc1918 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((text) => parseCidr(text)!);

/** A further IPv4 block: may not overlap the VPC's others, nor mix private ranges (Amazon VPC User Guide, "IPv4 CIDR block association restrictions"). */
export function secondaryCidr(vpc: VpcRecord, text: string): string {
  const normalized = vpcCidr(text);
  const cidr = parseCidr(normalized)!;
  if (vpc.cidrs.some((association) => overlaps(parseCidr(association.cidr)!, cidr))) {
    throw ec2Error("InvalidVpc.Conflict", `The CIDR '${text}' conflicts with another CIDR of the VPC`);
  }
  const range = (block: Cidr) => rfc1918.findIndex((outer) => contains(outer, block));
  const primary = range(parseCidr(vpc.cidrs[0]!.cidr)!);
  const own = range(cidr);
  if (primary !== -1 && own !== -1 && own !== primary)
    throw ec2Error(
      "InvalidVpc.Range",
      `The CIDR '${text}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Subnets.html`,
    );
  return normalized;
}
