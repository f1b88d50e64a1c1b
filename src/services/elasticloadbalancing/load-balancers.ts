// Load balancers: create, describe, delete (Elastic Load Balancing API Reference).
import type { CreateLoadBalancerInput, LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import { mergeTags } from "../../aws/tags.ts";
import { madeArn, on, tagsOnCreate } from "./access.ts";
import type { ElbDeps, ElbOperations } from "./deps.ts";
import { duplicate, invalidConfiguration, invalidSubnet, noLoadBalancer, notPermitted, required, tooMany, unsupported } from "./errors.ts";
import { checkName, dnsName, hostedZone, loadBalancerArn, newId } from "./names.ts";
import { arrangeInterfaces, groupsOf, placementsOf } from "./network.ts";
import { pageOf } from "./paging.ts";
import type { Kind, LoadBalancerRecord } from "./records.ts";
import { checkTags } from "./tags.ts";

/** Application and Network Load Balancers of a region, each. */
const MOST = 50;

const kindOf = ({ Type = "application" }: CreateLoadBalancerInput): Kind => {
  if (Type === "gateway") throw unsupported("Gateway Load Balancers");
  return Type;
};

const newArn = (input: CreateLoadBalancerInput, call: Call) =>
  madeArn(call, `loadbalancer/${input.Type === "network" ? "net" : input.Type === "gateway" ? "gwy" : "app"}/${input.Name}/*`);

export const loadBalancers = {
  CreateLoadBalancer: {
    resource: newArn,
    conditions: ({ Scheme = "internet-facing", SecurityGroups, Subnets, SubnetMappings }) => ({
      "elasticloadbalancing:Scheme": Scheme,
      "elasticloadbalancing:SecurityGroup": SecurityGroups ?? [],
      "elasticloadbalancing:Subnet": Subnets ?? SubnetMappings?.flatMap(({ SubnetId }) => SubnetId ?? []) ?? [],
    }),
    requires: (input, call) => tagsOnCreate("CreateLoadBalancer", input.Tags, newArn(input, call)),
    async run(input, call, deps) {
      const { state, random, clock } = deps;
      const name = required(input.Name, "Load balancer name");
      checkName(name, "Load balancer");
      const kind = kindOf(input);
      if (input.CustomerOwnedIpv4Pool ?? input.IpamPools) throw unsupported("address pools of load balancers");
      if (input.EnablePrefixForIpv6SourceNat === "on") throw unsupported("source NAT prefixes of load balancers");
      const { Scheme: scheme = "internet-facing", IpAddressType: ipAddressType = "ipv4" } = input;
      if (kind === "network" && ipAddressType === "dualstack-without-public-ipv4")
        throw invalidConfiguration("The IP address type 'dualstack-without-public-ipv4' is not supported for Network Load Balancers");
      const tags = checkTags(input.Tags);
      const { vpcId, placements } = await placementsOf(deps, call, input, { kind, scheme, ipAddressType });
      const groups = await groupsOf(deps, call, vpcId, input.SecurityGroups ?? [], kind === "application");
      const now = clock.now();
      const id = newId(random);
      const wanted: LoadBalancerRecord = {
        arn: loadBalancerArn(call, kind, name, id),
        ...{ name, kind, scheme, vpcId, ipAddressType, placements, groups, tags },
        dnsName: dnsName(call, kind, scheme, name, id, random),
        createdAt: now,
        activeAt: now + deps.delays.provisioning,
        attributes: {},
      };
      const others = state.loadBalancers.list(call).filter(({ deleting }) => !deleting);
      const same = others.find((each) => each.name === name);
      if (same) {
        if (!isSame(same, wanted)) throw duplicate("LoadBalancer", name);
        return { LoadBalancers: [view(same, call, now)] };
      }
      if (others.filter((each) => each.kind === kind).length >= MOST)
        throw tooMany("LoadBalancers", "The quota on load balancers has been reached");
      // The record comes first: what a stop interrupts here is completed at the next start.
      state.loadBalancers.put(wanted);
      const made = await place(deps, call, wanted);
      return { LoadBalancers: [{ ...view(made, call, now), State: { Code: "provisioning" } }] };
    },
  },

  DescribeLoadBalancers: {
    run(input, call, deps) {
      const { LoadBalancerArns = [], Names = [] } = input;
      const all = deps.state.loadBalancers.list(call).filter(({ deleting }) => !deleting);
      const named = [
        ...LoadBalancerArns.map((arn) => deps.state.loadBalancer(call, arn)),
        ...Names.map((name) => {
          const found = all.find((each) => each.name === name);
          if (!found) throw noLoadBalancer(name);
          return found;
        }),
      ];
      const { items, NextMarker } = pageOf(named.length > 0 ? [...new Set(named)] : all, input, call, deps);
      return { LoadBalancers: items.map((record) => view(record, call, call.now)), NextMarker };
    },
  },

  DeleteLoadBalancer: {
    ...on("LoadBalancerArn"),
    async run({ LoadBalancerArn = "" }, call, deps) {
      const { state } = deps;
      const record = state.loadBalancers.get(call, LoadBalancerArn);
      if (!record || record.deleting) return {};
      if (record.attributes["deletion_protection.enabled"] === "true")
        throw notPermitted(`Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`);
      state.store.transact(() => {
        for (const listener of state.listenersOf(call, record.arn)) {
          for (const rule of state.rulesOf(call, listener.arn)) state.rules.delete(rule.arn);
          state.listeners.delete(listener.arn);
        }
        state.loadBalancers.put({ ...record, deleting: true });
      });
      await erase(deps, call, { ...record, deleting: true });
      return {};
    },
  },
} satisfies ElbOperations;

/** Gives a new load balancer its interfaces; takes everything back if EC2 refuses one. */
async function place(deps: ElbDeps, call: Call, record: LoadBalancerRecord): Promise<LoadBalancerRecord> {
  try {
    const placements = await arrangeInterfaces(deps, call, record);
    return deps.state.loadBalancers.put({ ...record, placements });
  } catch (error) {
    await erase(deps, call, deps.state.loadBalancers.put({ ...record, deleting: true }));
    throw refusalOf(error);
  }
}

/** Changes where a load balancer stands or in which groups; puts everything back if EC2 refuses an interface. */
export async function move(deps: ElbDeps, call: Call, before: LoadBalancerRecord, after: LoadBalancerRecord): Promise<LoadBalancerRecord> {
  // Without their interfaces they are arranged again at the next start, should this one be interrupted.
  const unarranged = after.placements.map(({ interfaceId: _, ...placement }) => placement);
  deps.state.loadBalancers.put({ ...after, placements: unarranged });
  try {
    return deps.state.loadBalancers.put({ ...after, placements: await arrangeInterfaces(deps, call, after) });
  } catch (error) {
    deps.state.loadBalancers.put({ ...before, placements: await arrangeInterfaces(deps, call, before) });
    throw refusalOf(error);
  }
}

/** What EC2 refused, in this service's words. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof AwsError)) return error;
  const isShortage = /Address|Cidr/.test(error.code);
  return isShortage ? invalidSubnet(error.message) : invalidConfiguration(error.message);
}

/** Takes back what a deleted load balancer has, then forgets it. */
export async function erase(deps: ElbDeps, place: Pick<Call, "account" | "region">, record: LoadBalancerRecord): Promise<void> {
  await arrangeInterfaces(deps, place, record);
  deps.state.loadBalancers.delete(record.arn);
}

function isSame(a: LoadBalancerRecord, b: LoadBalancerRecord): boolean {
  const facts = ({ kind, scheme, vpcId, ipAddressType, placements, groups, tags }: LoadBalancerRecord) =>
    JSON.stringify([
      kind,
      scheme,
      vpcId,
      ipAddressType,
      placements.map(({ subnetId }) => subnetId).sort(),
      [...groups].sort(),
      mergeTags({}, tags),
    ]);
  return facts(a) === facts(b);
}

/** The zones of a load balancer as the API shows them. */
export const zonesView = ({ placements }: Pick<LoadBalancerRecord, "placements">) =>
  placements.map(({ subnetId, zone, address }) => ({
    ZoneName: zone,
    SubnetId: subnetId,
    LoadBalancerAddresses: address === undefined ? [] : [{ PrivateIPv4Address: address }],
  }));

function view(record: LoadBalancerRecord, call: Call, now: number): LoadBalancer {
  const { arn, name, kind, scheme, vpcId, ipAddressType, groups, enforcePrivateLink } = record;
  return {
    LoadBalancerArn: arn,
    DNSName: record.dnsName,
    CanonicalHostedZoneId: hostedZone(call.region, kind),
    CreatedTime: new Date(record.createdAt),
    LoadBalancerName: name,
    Scheme: scheme,
    VpcId: vpcId,
    State: { Code: now < record.activeAt ? "provisioning" : "active" },
    Type: kind,
    AvailabilityZones: zonesView(record),
    ...(groups.length > 0 ? { SecurityGroups: [...groups] } : {}),
    IpAddressType: ipAddressType,
    ...(kind === "network" ? { EnablePrefixForIpv6SourceNat: "off" as const } : {}),
    ...(kind === "network" && groups.length > 0
      ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforcePrivateLink ?? "on" }
      : {}),
  };
}
