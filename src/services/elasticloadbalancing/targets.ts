// Targets: registered, deregistered, and how they are (Elastic Load Balancing API Reference).
import type { TargetDescription, TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import { type Cidr, containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import { on } from "./access.ts";
import type { ElbDeps, ElbOperations } from "./deps.ts";
import { badTarget, invalid, tooMany } from "./errors.ts";
import { instancesOf, zonesOf } from "./network.ts";
import type { TargetGroupRecord, TargetRecord } from "./records.ts";

/** Targets of a group. */
const MOST = 1000;
/** Where targets outside of the VPC may be. */
const OUTSIDE = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"].map((cidr) => parseCidr(cidr)!);

export const targets = {
  RegisterTargets: {
    ...on("TargetGroupArn"),
    async run({ TargetGroupArn, Targets = [] }, call, deps) {
      const group = deps.state.targetGroup(call, TargetGroupArn);
      if (Targets.length === 0) throw invalid("At least one target must be specified");
      const added = group.targetType === "ip" ? await addresses(deps, call, group, Targets) : await instances(deps, call, group, Targets);
      const current = deps.state.targetGroup(call, TargetGroupArn);
      const kept = alive(current, call.now).filter((each) => !added.some((one) => isSame(one, each)));
      const all = [...kept, ...added.filter((one, index) => added.findIndex((each) => isSame(one, each)) === index)];
      if (all.length > MOST) throw tooMany("Targets", `The quota on targets of target group '${TargetGroupArn}' has been reached`);
      deps.state.targetGroups.put({ ...current, targets: all });
      return {};
    },
  },

  DeregisterTargets: {
    ...on("TargetGroupArn"),
    run({ TargetGroupArn, Targets = [] }, call, { state, delays }) {
      const group = state.targetGroup(call, TargetGroupArn);
      const delay = Number(group.attributes["deregistration_delay.timeout_seconds"] ?? "300") * 1000;
      const named = (target: TargetRecord) =>
        Targets.some(({ Id, Port }) => Id === target.id && (Port === undefined || Port === target.port));
      const left = alive(group, call.now).flatMap((target) => {
        if (!named(target) || target.drainsUntil !== undefined) return [target];
        return delays.drains && delay > 0 ? [{ ...target, drainsUntil: call.now + delay }] : [];
      });
      state.targetGroups.put({ ...group, targets: left });
      return {};
    },
  },

  DescribeTargetHealth: {
    async run({ TargetGroupArn, Targets = [] }, call, deps) {
      const group = deps.state.targetGroup(call, TargetGroupArn);
      const health = await healthOf(deps, call, group);
      const registered = alive(group, call.now);
      const wanted: readonly TargetRecord[] =
        Targets.length === 0
          ? registered
          : Targets.map(
              ({ Id = "", Port = group.port }) => registered.find((each) => each.id === Id && each.port === Port) ?? { id: Id, port: Port },
            );
      return {
        TargetHealthDescriptions: wanted.map((target) => ({
          Target: { Id: target.id, Port: target.port, ...(target.zone === undefined ? {} : { AvailabilityZone: target.zone }) },
          HealthCheckPort: group.check.port === "traffic-port" ? String(target.port) : group.check.port,
          TargetHealth: registered.includes(target)
            ? health(target)
            : unused("Target.NotRegistered", "Target is not registered to the target group"),
        })),
      };
    },
  },
} satisfies ElbOperations;

const isSame = (a: TargetRecord, b: TargetRecord) => a.id === b.id && a.port === b.port;

/** Targets that are registered or still draining. */
const alive = ({ targets: all }: TargetGroupRecord, now: number) =>
  all.filter(({ drainsUntil }) => drainsUntil === undefined || drainsUntil > now);

const portOf = ({ Port }: TargetDescription, group: TargetGroupRecord): number => {
  const port = Port ?? group.port;
  if (port < 1 || port > 65_535) throw invalid(`Port '${port}' must be in the range 1-65535`);
  return port;
};

async function addresses(deps: ElbDeps, call: Call, group: TargetGroupRecord, list: readonly TargetDescription[]): Promise<TargetRecord[]> {
  const subnets = (await zonesOf(deps, call, group.vpcId)).map(({ cidrs, zone }) => ({
    cidrs: cidrs.map((cidr) => parseCidr(cidr)!),
    zone,
  }));
  const vpcs = subnets.flatMap(({ cidrs }) => cidrs);
  return list.map((target) => {
    const { Id = "", AvailabilityZone } = target;
    const address = parseAddress(Id);
    if (!address) throw invalid(`The IP address '${Id}' is not a valid ${group.ipAddressType === "ipv6" ? "IPv6" : "IPv4"} address`);
    if ((address.family === 6) !== (group.ipAddressType === "ipv6"))
      throw invalid(`The IP address '${Id}' does not match the target group's IP address type '${group.ipAddressType}'`);
    const holds = (cidr: Cidr) => cidr.family === address.family && containsAddress(cidr, address);
    const port = portOf(target, group);
    if (vpcs.some(holds)) {
      const zone = AvailabilityZone ?? subnets.find(({ cidrs }) => cidrs.some(holds))!.zone;
      return { id: Id, port, zone };
    }
    if (!OUTSIDE.some(holds)) throw badTarget(`The following targets are not valid: '${Id}' is not within the VPC or a private range`);
    if (AvailabilityZone !== "all")
      throw invalid(`You must specify an Availability Zone of 'all' for the IP address '${Id}', which is outside of the VPC`);
    return { id: Id, port, zone: "all" };
  });
}

async function instances(deps: ElbDeps, call: Call, group: TargetGroupRecord, list: readonly TargetDescription[]): Promise<TargetRecord[]> {
  const ids = [...new Set(list.map(({ Id = "" }) => Id))];
  const found = await instancesOf(deps, call, ids).catch((error: unknown) => {
    if (error instanceof AwsError) throw badTarget(`The following targets are not registered instances: '${ids.join(", ")}'`);
    throw error;
  });
  for (const id of ids) {
    const instance = found.get(id);
    if (instance?.vpcId !== group.vpcId) throw badTarget(`The following targets are not in the target group VPC '${group.vpcId}': '${id}'`);
    if (instance.state !== "running") throw badTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  }
  return list.map((target) => ({ id: target.Id ?? "", port: portOf(target, group) }));
}

const unused = (Reason: TargetHealth["Reason"], Description: string): TargetHealth => ({ State: "unused", Reason, Description });

/** How the targets of a group are. */
async function healthOf(deps: ElbDeps, call: Call, group: TargetGroupRecord): Promise<(target: TargetRecord) => TargetHealth> {
  const { state, probe } = deps;
  const users = state.usersOf(call, group.arn).map((arn) => state.loadBalancer(call, arn));
  const zones = new Set(users.flatMap(({ placements }) => placements.map(({ zone }) => zone)));
  const answers = probe.targets({ account: call.account, region: call.region, vpcId: group.vpcId });
  const machines =
    group.targetType === "instance" ? await knownInstances(deps, call, group) : new Map<string, { state: string; zone: string }>();
  return (target) => {
    if (target.drainsUntil !== undefined)
      return { State: "draining", Reason: "Target.DeregistrationInProgress", Description: "Target deregistration is in progress" };
    if (users.length === 0) return unused("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
    if (users.every(({ activeAt }) => call.now < activeAt))
      return { State: "initial", Reason: "Elb.RegistrationInProgress", Description: "Target registration is in progress" };
    const machine = machines.get(target.id);
    if (group.targetType === "instance" && machine?.state !== "running")
      return unused("Target.InvalidState", `Target is in the ${machine?.state ?? "terminated"} state`);
    const zone = target.zone ?? machine?.zone ?? "all";
    if (zone !== "all" && !zones.has(zone))
      return unused("Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer");
    const port = group.check.port === "traffic-port" ? target.port : Number(group.check.port);
    if (answers(target.id, port)) return { State: "healthy" };
    return { State: "unhealthy", Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
  };
}

/** Instances that are targets and still exist. */
async function knownInstances(
  deps: ElbDeps,
  call: Call,
  group: TargetGroupRecord,
): Promise<ReadonlyMap<string, { state: string; zone: string }>> {
  const found = new Map<string, { state: string; zone: string }>();
  for (const id of new Set(group.targets.map((target) => target.id))) {
    const known = await instancesOf(deps, call, [id]).catch((error: unknown) => {
      if (error instanceof AwsError) return undefined;
      throw error;
    });
    for (const [key, value] of known ?? []) found.set(key, value);
  }
  return found;
}
