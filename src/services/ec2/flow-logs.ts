// VPC flow logs, as configuration: nothing is captured.
import type { FlowLog } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { missing } from "./kinds.ts";
import type { FlowLogRecord } from "./records.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { once } from "./tokens.ts";

const defaultFormat = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
  .split(" ")
  .map((field) => `\${${field}}`)
  .join(" ");

const kindsOf = { VPC: "vpc", Subnet: "subnet", NetworkInterface: "network-interface" } as const;

function view(record: FlowLogRecord): FlowLog {
  return {
    FlowLogId: record.id,
    FlowLogStatus: "ACTIVE",
    ResourceId: record.resourceId,
    TrafficType: record.trafficType,
    LogDestinationType: record.destinationType,
    ...(record.destination === undefined ? {} : { LogDestination: record.destination }),
    ...(record.logGroupName === undefined ? {} : { LogGroupName: record.logGroupName }),
    ...(record.permissionArn === undefined ? {} : { DeliverLogsPermissionArn: record.permissionArn }),
    DeliverLogsStatus: "SUCCESS",
    LogFormat: record.format,
    MaxAggregationInterval: record.aggregationSeconds,
    CreationTime: new Date(record.createdAt),
    Tags: tagList(record.tags),
  };
}

export const flowLogOperations = {
  CreateFlowLogs: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const resourceType = required(input.ResourceType, "resourceType");
      const kind = Object.hasOwn(kindsOf, resourceType) ? kindsOf[resourceType as keyof typeof kindsOf] : undefined;
      if (!kind) throw ec2Error("UnsupportedOperation", `Flow logs of ${resourceType} are not supported.`);
      const ids = required(input.ResourceIds, "resourceId").map((id) => scope.require(kind, id).id);
      const destinationType = input.LogDestinationType ?? "cloud-watch-logs";
      const aggregationSeconds = input.MaxAggregationInterval ?? 600;
      if (aggregationSeconds !== 60 && aggregationSeconds !== 600) throw invalidValue(`Invalid Flow Log Max Aggregation Interval`);
      if (destinationType === "cloud-watch-logs") {
        if (!input.LogGroupName && !input.LogDestination) throw missingParameter("LogGroupName");
        if (!input.DeliverLogsPermissionArn) throw missingParameter("DeliverLogsPermissionArn");
      } else if (!input.LogDestination) throw missingParameter("LogDestination");
      const tags = specifiedTags(input.TagSpecifications, "vpc-flow-log");
      const group = input.LogGroupName ?? /:log-group:([^:]+)/.exec(input.LogDestination ?? "")?.[1];
      const destination =
        input.LogDestination ?? `arn:${scope.partition}:logs:${scope.region}:${scope.account}:log-group:${input.LogGroupName}`;
      const made = once(scope, "CreateFlowLogs", input, () =>
        ids.map((resourceId) => {
          const clash = scope
            .list("vpc-flow-log")
            .some(
              (each) =>
                each.resourceId === resourceId && each.destination === destination && each.trafficType === (input.TrafficType ?? "ALL"),
            );
          if (clash)
            throw ec2Error("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.");
          return scope.put("vpc-flow-log", {
            id: scope.newId("vpc-flow-log"),
            tags,
            resourceId,
            trafficType: input.TrafficType ?? "ALL",
            destinationType,
            destination,
            ...(destinationType === "cloud-watch-logs" && group ? { logGroupName: group } : {}),
            ...(input.DeliverLogsPermissionArn ? { permissionArn: input.DeliverLogsPermissionArn } : {}),
            format: input.LogFormat ?? defaultFormat,
            aggregationSeconds,
            createdAt: scope.clock.now(),
          }).id;
        }),
      );
      return { FlowLogIds: [...made], Unsuccessful: [], ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}) };
    },
  },

  DescribeFlowLogs: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input: { ...input, Filters: input.Filter },
        kind: "vpc-flow-log",
        ids: input.FlowLogIds?.filter((id) => scope.get("vpc-flow-log", id)),
        idsName: "FlowLogIds",
        get: (id) => scope.get("vpc-flow-log", id),
        list: () => (input.FlowLogIds?.length ? [] : scope.list("vpc-flow-log")),
        view,
        fields: {
          "deliver-log-status": (each) => each.DeliverLogsStatus,
          "flow-log-id": (each) => each.FlowLogId,
          "log-destination-type": (each) => each.LogDestinationType,
          "log-group-name": (each) => each.LogGroupName,
          "resource-id": (each) => each.ResourceId,
          "traffic-type": (each) => each.TrafficType,
        },
        minimum: 1,
      });
      return { FlowLogs: page.items, NextToken: page.NextToken };
    },
  },

  DeleteFlowLogs: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const Unsuccessful = scope.change(() =>
        required(input.FlowLogIds, "flowLogId").flatMap((id) => {
          if (scope.delete("vpc-flow-log", id)) return [];
          const error = missing("vpc-flow-log", id);
          return [{ ResourceId: id, Error: { Code: error.code, Message: error.message } }];
        }),
      );
      return { Unsuccessful };
    },
  },
} satisfies Ec2Operations;
