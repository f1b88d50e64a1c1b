// Moving load balancers: other subnets, groups, address types (Elastic Load Balancing API Reference).
import { on } from "./access.ts";
import type { ElbOperations } from "./deps.ts";
import { invalidConfiguration } from "./errors.ts";
import { move, zonesView } from "./load-balancers.ts";
import { groupsOf, placementsOf } from "./network.ts";

export const loadBalancerChanges = {
  SetSubnets: {
    ...on("LoadBalancerArn"),
    async run(input, call, deps) {
      const record = deps.state.loadBalancer(call, input.LoadBalancerArn);
      const ipAddressType = input.IpAddressType ?? record.ipAddressType;
      const present = record.placements.map(({ subnetId }) => subnetId);
      const wanted = { kind: record.kind, scheme: record.scheme, ipAddressType, vpcId: record.vpcId, present };
      const { placements } = await placementsOf(deps, call, input, wanted);
      const lost = record.placements.find(({ zone }) => !placements.some((each) => each.zone === zone));
      if (record.kind === "network" && lost && record.groups.length === 0)
        throw invalidConfiguration(`Availability Zone '${lost.zone}' cannot be removed from Network Load Balancer '${record.arn}'`);
      const current = deps.state.loadBalancer(call, record.arn);
      const moved = await move(deps, call, current, { ...current, placements, ipAddressType });
      return { AvailabilityZones: zonesView(moved), IpAddressType: ipAddressType };
    },
  },

  SetSecurityGroups: {
    ...on("LoadBalancerArn"),
    async run(input, call, deps) {
      const record = deps.state.loadBalancer(call, input.LoadBalancerArn);
      const { SecurityGroups = [], EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforcePrivateLink } = input;
      if (record.kind === "network" && record.groups.length === 0)
        throw invalidConfiguration("You cannot set security groups on a load balancer that was created without security groups");
      if (SecurityGroups.length === 0) throw invalidConfiguration("A load balancer must have at least one security group");
      const groups = await groupsOf(deps, call, record.vpcId, SecurityGroups, false);
      const current = deps.state.loadBalancer(call, record.arn);
      const changed = await move(deps, call, current, { ...current, groups, ...(enforcePrivateLink ? { enforcePrivateLink } : {}) });
      return {
        SecurityGroupIds: groups,
        ...(record.kind === "network"
          ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: changed.enforcePrivateLink ?? ("on" as const) }
          : {}),
      };
    },
  },

  SetIpAddressType: {
    ...on("LoadBalancerArn"),
    async run(input, call, deps) {
      const record = deps.state.loadBalancer(call, input.LoadBalancerArn);
      const ipAddressType = input.IpAddressType ?? record.ipAddressType;
      if (record.kind === "network" && ipAddressType === "dualstack-without-public-ipv4")
        throw invalidConfiguration(`The IP address type '${ipAddressType}' is not supported for Network Load Balancers`);
      const present = record.placements.map(({ subnetId }) => subnetId);
      // Asks for IPv6 blocks where they are needed.
      const wanted = { kind: record.kind, scheme: record.scheme, ipAddressType, vpcId: record.vpcId };
      if (ipAddressType !== record.ipAddressType) await placementsOf(deps, call, { Subnets: present }, wanted);
      deps.state.loadBalancers.put({ ...deps.state.loadBalancer(call, record.arn), ipAddressType });
      return { IpAddressType: ipAddressType };
    },
  },
} satisfies ElbOperations;
