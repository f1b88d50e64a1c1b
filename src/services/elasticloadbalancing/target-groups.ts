// Target groups: create, describe, modify, delete (Elastic Load Balancing API Reference).
import type { CreateTargetGroupInput, ModifyTargetGroupInput, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Call } from "../../aws/operation.ts";
import { madeArn, on, tagsOnCreate } from "./access.ts";
import type { ElbDeps, ElbOperations } from "./deps.ts";
import { duplicate, invalid, noTargetGroup, required, resourceInUse, tooMany, unsupported } from "./errors.ts";
import { checkOf } from "./health-check.ts";
import { checkName, newId, targetGroupArn } from "./names.ts";
import { requireVpc } from "./network.ts";
import { pageOf } from "./paging.ts";
import type { TargetGroupRecord } from "./records.ts";
import { targetGroupsOf } from "./state.ts";
import { checkTags } from "./tags.ts";

/** Target groups of a region. */
const MOST = 3000;
const PROTOCOLS = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"];

const newArn = ({ Name }: CreateTargetGroupInput, call: Call) => madeArn(call, `targetgroup/${Name}/*`);

export const targetGroups = {
  CreateTargetGroup: {
    resource: newArn,
    requires: (input, call) => tagsOnCreate("CreateTargetGroup", input.Tags, newArn(input, call)),
    async run(input, call, deps) {
      const { state, random } = deps;
      const name = required(input.Name, "Target group name");
      checkName(name, "Target group");
      const facts = factsOf(input);
      const tags = checkTags(input.Tags);
      await requireVpc(deps, call, facts.vpcId);
      const record: TargetGroupRecord = {
        arn: targetGroupArn(call, name, newId(random)),
        ...{ name, ...facts, tags, attributes: {}, targets: [] },
      };
      const present = state.targetGroups.list(call);
      const same = present.find((each) => each.name === name);
      if (same) {
        if (settingsOf(same) !== settingsOf(record)) throw duplicate("TargetGroup", name);
        return { TargetGroups: [view(same, call, deps)] };
      }
      if (present.length >= MOST) throw tooMany("TargetGroups", "The quota on target groups has been reached");
      return { TargetGroups: [view(state.targetGroups.put(record), call, deps)] };
    },
  },

  DescribeTargetGroups: {
    run(input, call, deps) {
      const { LoadBalancerArn, TargetGroupArns = [], Names = [] } = input;
      const { state } = deps;
      const all = state.targetGroups.list(call);
      if (LoadBalancerArn !== undefined) state.loadBalancer(call, LoadBalancerArn);
      const named = [
        ...TargetGroupArns.map((arn) => state.targetGroup(call, arn)),
        ...Names.map((name) => {
          const found = all.find((each) => each.name === name);
          if (!found) throw noTargetGroup(name);
          return found;
        }),
      ];
      const some = named.length > 0 ? [...new Set(named)] : all;
      const wanted =
        LoadBalancerArn === undefined ? some : some.filter(({ arn }) => groupsOfLoadBalancer(call, deps, LoadBalancerArn).has(arn));
      const { items, NextMarker } = pageOf(wanted, input, call, deps);
      return { TargetGroups: items.map((record) => view(record, call, deps)), NextMarker };
    },
  },

  ModifyTargetGroup: {
    ...on("TargetGroupArn"),
    run(input, call, deps) {
      const record = deps.state.targetGroup(call, input.TargetGroupArn);
      const check = checkOf(input as ModifyTargetGroupInput, record, record.check);
      return { TargetGroups: [view(deps.state.targetGroups.put({ ...record, check }), call, deps)] };
    },
  },

  DeleteTargetGroup: {
    ...on("TargetGroupArn"),
    run({ TargetGroupArn = "" }, call, { state }) {
      if (!state.targetGroups.get(call, TargetGroupArn)) return {};
      if (state.usersOf(call, TargetGroupArn).length > 0)
        throw resourceInUse(`Target group '${TargetGroupArn}' is currently in use by a listener or a rule`);
      state.targetGroups.delete(TargetGroupArn);
      return {};
    },
  },
} satisfies ElbOperations;

/** What a group was made with, as text. */
function settingsOf({ arn: _, attributes: _attributes, targets: _targets, ...settings }: TargetGroupRecord): string {
  return JSON.stringify(settings);
}

/** What a request says about a group besides its name. */
function factsOf(input: CreateTargetGroupInput): Omit<TargetGroupRecord, "arn" | "name" | "tags" | "attributes" | "targets"> {
  const targetType = input.TargetType ?? "instance";
  if (targetType === "lambda" || targetType === "alb") throw unsupported(`target groups of type ${targetType}`);
  if (input.TargetControlPort !== undefined) throw unsupported("target optimizers");
  const protocol = required(input.Protocol, "Protocol");
  if (!PROTOCOLS.includes(protocol)) throw unsupported(`target groups of protocol ${protocol}`);
  const port = required(input.Port, "Port");
  if (port < 1 || port > 65_535) throw invalid(`Target group port '${port}' must be in the range 1-65535`);
  const vpcId = required(input.VpcId, "VPC ID");
  const http = protocol === "HTTP" || protocol === "HTTPS";
  // Terraform sends an empty text for none.
  const ProtocolVersion = input.ProtocolVersion || undefined;
  if (!http && ProtocolVersion !== undefined)
    throw invalid(`Protocol version is not supported for target groups with protocol ${protocol}`);
  const protocolVersion = http ? (ProtocolVersion ?? "HTTP1") : undefined;
  if (protocolVersion !== undefined && !["HTTP1", "HTTP2", "GRPC"].includes(protocolVersion))
    throw invalid(`Protocol version '${protocolVersion}' is not valid`);
  const facts = { targetType, protocol, port, vpcId, ...(protocolVersion === undefined ? {} : { protocolVersion }) };
  return { ...facts, ipAddressType: input.IpAddressType ?? "ipv4", check: checkOf(input, facts) };
}

function groupsOfLoadBalancer(call: Call, { state }: ElbDeps, arn: string): ReadonlySet<string> {
  const listeners = state.listenersOf(call, arn);
  const actions = listeners.flatMap((each) => [...each.actions, ...state.rulesOf(call, each.arn).flatMap((rule) => rule.actions)]);
  return new Set(targetGroupsOf(actions));
}

function view(record: TargetGroupRecord, call: Call, { state }: ElbDeps): TargetGroup {
  const { check } = record;
  const matcher = check.grpcCode === undefined ? check.httpCode && { HttpCode: check.httpCode } : { GrpcCode: check.grpcCode };
  return {
    TargetGroupArn: record.arn,
    TargetGroupName: record.name,
    Protocol: record.protocol as never,
    Port: record.port,
    VpcId: record.vpcId,
    HealthCheckProtocol: check.protocol as never,
    HealthCheckPort: check.port,
    HealthCheckEnabled: check.enabled,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check.healthy,
    UnhealthyThresholdCount: check.unhealthy,
    ...(check.path === undefined ? {} : { HealthCheckPath: check.path }),
    ...(matcher ? { Matcher: matcher } : {}),
    LoadBalancerArns: state.usersOf(call, record.arn),
    TargetType: record.targetType,
    ...(record.protocolVersion === undefined ? {} : { ProtocolVersion: record.protocolVersion }),
    IpAddressType: record.ipAddressType,
  };
}
