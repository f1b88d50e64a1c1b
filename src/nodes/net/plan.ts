// `atoll net plan` over subnets as they are: what is in use is read from EC2, then the planner plans.
import type { PlanReport, PlanRequest, PlanSubnet } from "../../base/net-plan.ts";
import { PlanError } from "../../cni/plan/errors.ts";
import { planNetwork } from "../../cni/plan/plan.ts";
import { interfacesWhere, type NetScope, readerOf, subnetById } from "./ec2-facts.ts";
import { NetError } from "./errors.ts";

/** A question whose subnets are ids or CIDR blocks; a block may say how many of its addresses are in use: `10.0.0.0/24+40`. */
export interface PlanQuestion extends Omit<PlanRequest, "subnets" | "podSubnets"> {
  readonly subnets: readonly string[];
  readonly podSubnets: readonly string[];
}

/** Plans. Throws NetError for a question that makes no sense. */
export async function planFromEc2(question: PlanQuestion, scope: NetScope): Promise<PlanReport> {
  const read = async (names: readonly string[]) => {
    const found: PlanSubnet[] = [];
    for (const name of names) found.push(await subnetNamed(name, scope));
    return found;
  };
  try {
    return await planNetwork({ ...question, subnets: await read(question.subnets), podSubnets: await read(question.podSubnets) });
  } catch (error) {
    throw error instanceof PlanError ? new NetError(error.message) : error;
  }
}

/** A subnet by id with what is in use, or by block. Throws NetError. */
export async function subnetNamed(name: string, scope: NetScope): Promise<PlanSubnet> {
  if (!name.startsWith("subnet-")) {
    const [cidr = "", used, ...rest] = name.split("+");
    if (rest.length > 0 || (used !== undefined && !/^\d{1,5}$/.test(used)))
      throw new NetError(`${name} is no subnet; write 10.0.0.0/24 or 10.0.0.0/24+40`);
    return { name: cidr, cidr, ...(used !== undefined && { used: Number(used) }) };
  }
  const subnet = await subnetById(scope, name);
  const interfaces = await interfacesWhere(scope, "subnet-id", [name]);
  const { SubnetIpv4CidrReservations = [] } = await scope.invoke("ec2", "GetSubnetCidrReservations", { SubnetId: name }, readerOf(scope));
  return {
    ...{ name, cidr: subnet.CidrBlock ?? "", ...(subnet.AvailabilityZone && { zone: subnet.AvailabilityZone }) },
    taken: interfaces.flatMap(({ PrivateIpAddresses = [] }) =>
      PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ),
    takenPrefixes: interfaces.flatMap(({ Ipv4Prefixes = [] }) => Ipv4Prefixes.flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? [])),
    reservations: SubnetIpv4CidrReservations.map(({ Cidr = "", ReservationType }) => ({
      cidr: Cidr,
      type: ReservationType === "prefix" ? "prefix" : "explicit",
    })),
  };
}
