// Instances: describe, start, stop, reboot, terminate, attributes.
import type { Instance, InstanceStatusDetails, InstanceStatusSummary } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import { type Ec2Deps, type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter, notPermitted, required } from "./errors.ts";
import { describe, paginate } from "./filters.ts";
import { instanceFacts, instanceFields, instanceView, stateView } from "./instance-views.ts";
import { interfacesOf } from "./interface-attachments.ts";
import { interfaceContext } from "./interface-views.ts";
import { missing } from "./kinds.ts";
import { checkGroups } from "./make-interface.ts";
import { refuseOperated } from "./managed.ts";
import type { InstanceRecord, InstanceState } from "./records.ts";
import type { Scope } from "./scope.ts";

/** The instances of a request; several unknown ids are named together, as EC2 does. */
function instancesOf(scope: Scope, ids: readonly string[] | undefined): InstanceRecord[] {
  const wanted = [...new Set(ids ?? [])];
  if (wanted.length === 0) throw missingParameter("InstanceId");
  const absent = wanted.filter((id) => !scope.get("instance", id));
  if (absent.length === 1) throw missing("instance", absent[0]!);
  if (absent.length > 1) {
    const malformed = absent.map((id) => missing("instance", id)).find((error) => error.code.endsWith(".Malformed"));
    throw malformed ?? ec2Error("InvalidInstanceID.NotFound", `The instance IDs '${absent.join(", ")}' do not exist`);
  }
  return wanted.map((id) => scope.require("instance", id));
}

/** Moves instances to a transitional state and answers with the change; those already there stay. */
function move(
  call: Call,
  deps: Ec2Deps,
  ids: readonly string[] | undefined,
  to: InstanceState,
  next: (record: InstanceRecord) => InstanceRecord | undefined,
) {
  const scope = scopeOf(call, deps);
  const records = instancesOf(scope, ids);
  for (const record of records) refuseOperated(call.caller, record);
  const moved = scope.change(() =>
    records.map((record) => {
      const changed = next(record);
      if (changed) scope.put("instance", { ...changed, state: to });
      return { before: record, after: changed ? to : record.state };
    }),
  );
  for (const { before, after } of moved) if (after !== before.state) deps.transition(scope, "instance", before.id);
  return moved.map(({ before, after }) => ({
    InstanceId: before.id,
    CurrentState: stateView(after),
    PreviousState: stateView(before.state),
  }));
}

/** `(2026-01-02 03:04:05 GMT)` as in state transition reasons. */
function stamp(now: number): string {
  return `User initiated (${new Date(now).toISOString().slice(0, 19).replace("T", " ")} GMT)`;
}

export const instanceOperations = {
  DescribeInstances: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const context = interfaceContext(scope);
      if (input.InstanceIds?.length) instancesOf(scope, input.InstanceIds);
      const recordOf = (view: Instance) => scope.get("instance", view.InstanceId!);
      const page = describe<InstanceRecord, Instance & { reservation?: string | undefined }>({
        input,
        kind: "instance",
        ids: input.InstanceIds,
        idsName: "instancesSet",
        get: (id) => scope.get("instance", id),
        list: () => scope.list("instance"),
        view: (record) => instanceView(scope, record, context),
        fields: {
          ...instanceFields,
          "reservation-id": (view) => recordOf(view)?.reservationId,
          "owner-id": () => scope.account,
          "requester-id": (view) => recordOf(view)?.requesterId,
        },
        facts: instanceFacts,
      });
      const grouped = new Map<string, Instance[]>();
      for (const view of page.items) {
        const id = recordOf(view)!.reservationId;
        grouped.set(id, [...(grouped.get(id) ?? []), view]);
      }
      return {
        Reservations: [...grouped].map(([ReservationId, Instances]) => {
          const requester = recordOf(Instances[0]!)?.requesterId;
          return {
            ReservationId,
            OwnerId: scope.account,
            Groups: [],
            Instances,
            ...(requester === undefined ? {} : { RequesterId: requester }),
          };
        }),
        NextToken: page.NextToken,
      };
    },
  },

  DescribeInstanceStatus: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (input.InstanceIds?.length) instancesOf(scope, input.InstanceIds);
      const page = describe({
        input,
        kind: "instance",
        ids: input.InstanceIds,
        idsName: "InstanceIds",
        get: (id) => scope.get("instance", id),
        list: () => scope.list("instance"),
        view: (record) => {
          const status = record.state === "running" ? "ok" : "not-applicable";
          const details: InstanceStatusDetails[] = status === "ok" ? [{ Name: "reachability", Status: "passed" }] : [];
          const summary: InstanceStatusSummary = { Status: status, Details: details };
          return {
            InstanceId: record.id,
            AvailabilityZone: record.zone,
            InstanceState: stateView(record.state),
            InstanceStatus: summary,
            SystemStatus: summary,
          };
        },
        fields: {
          "availability-zone": (view) => view.AvailabilityZone,
          "instance-state-code": (view) => view.InstanceState.Code,
          "instance-state-name": (view) => view.InstanceState.Name,
          "instance-status.status": (view) => view.InstanceStatus.Status,
          "system-status.status": (view) => view.SystemStatus.Status,
        },
      });
      const items = page.items.filter((view) => input.IncludeAllInstances || view.InstanceState.Name === "running");
      return { InstanceStatuses: items, NextToken: page.NextToken };
    },
  },

  StartInstances: {
    run(input, call, deps) {
      const StartingInstances = move(call, deps, input.InstanceIds, "pending", (record) => {
        if (record.state === "running" || record.state === "pending") return undefined;
        if (record.state === "stopped") {
          const { stateReason: _, transitionReason: __, ...rest } = record;
          return { ...rest, launchedAt: call.now };
        }
        throw ec2Error("IncorrectInstanceState", `The instance '${record.id}' is not in a state from which it can be started.`);
      });
      return { StartingInstances };
    },
  },

  StopInstances: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const StoppingInstances = move(call, deps, input.InstanceIds, "stopping", (record) => {
        if (record.state === "stopped" || record.state === "stopping") return undefined;
        if (record.state !== "running" && record.state !== "pending") {
          throw ec2Error("IncorrectInstanceState", `This instance '${record.id}' is not in a state from which it can be stopped.`);
        }
        if (record.spot)
          throw ec2Error(
            "UnsupportedOperation",
            `You can't stop the Spot Instance '${record.id}' because it is associated with a one-time Spot Instance request.`,
          );
        for (const each of interfacesOf(scope, record)) {
          const { publicIp, ...rest } = each;
          if (publicIp !== undefined) scope.put("network-interface", rest);
        }
        const message = "Client.UserInitiatedShutdown: User initiated shutdown";
        return { ...record, stateReason: { code: "Client.UserInitiatedShutdown", message }, transitionReason: stamp(call.now) };
      });
      return { StoppingInstances };
    },
  },

  RebootInstances: {
    run(input, call, deps) {
      for (const record of instancesOf(scopeOf(call, deps), input.InstanceIds)) refuseOperated(call.caller, record);
      return {};
    },
  },

  TerminateInstances: {
    run(input, call, deps) {
      const TerminatingInstances = move(call, deps, input.InstanceIds, "shutting-down", (record) => {
        if (record.state === "terminated" || record.state === "shutting-down") return undefined;
        if (!record.apiTermination) {
          throw notPermitted(
            `The instance '${record.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
          );
        }
        const message = "Client.UserInitiatedShutdown: User initiated shutdown";
        return { ...record, stateReason: { code: "Client.UserInitiatedShutdown", message }, transitionReason: stamp(call.now) };
      });
      return { TerminatingInstances };
    },
  },

  DescribeInstanceAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("instance", required(input.InstanceId, "instanceId"));
      const InstanceId = record.id;
      switch (input.Attribute) {
        case "instanceType":
          return { InstanceId, InstanceType: { Value: record.type } };
        case "userData":
          return { InstanceId, UserData: record.userData === undefined ? {} : { Value: record.userData } };
        case "disableApiTermination":
          return { InstanceId, DisableApiTermination: { Value: !record.apiTermination } };
        case "disableApiStop":
          return { InstanceId, DisableApiStop: { Value: false } };
        case "instanceInitiatedShutdownBehavior":
          return { InstanceId, InstanceInitiatedShutdownBehavior: { Value: record.shutdownBehavior } };
        case "ebsOptimized":
          return { InstanceId, EbsOptimized: { Value: record.ebsOptimized } };
        case "sourceDestCheck":
          return { InstanceId, SourceDestCheck: { Value: interfacesOf(scope, record)[0]?.sourceDestCheck ?? true } };
        case "rootDeviceName":
          return { InstanceId, RootDeviceName: { Value: record.rootVolume.device } };
        case "groupSet":
          return {
            InstanceId,
            Groups: (interfacesOf(scope, record)[0]?.groups ?? []).map((id) => ({
              GroupId: id,
              GroupName: scope.get("security-group", id)?.name,
            })),
          };
        default:
          throw invalidValue(`Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`);
      }
    },
  },

  ModifyInstanceAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("instance", required(input.InstanceId, "instanceId"));
      refuseOperated(call.caller, record);
      const primary = interfacesOf(scope, record)[0];
      scope.change(() => {
        if (input.SourceDestCheck || input.Groups) {
          if (!primary) throw ec2Error("IncorrectInstanceState", `The instance '${record.id}' has no network interface.`);
          const groups = input.Groups?.length ? checkGroups(scope, record.vpcId, input.Groups) : primary.groups;
          scope.put("network-interface", { ...primary, groups, sourceDestCheck: input.SourceDestCheck?.Value ?? primary.sourceDestCheck });
        }
        if ((input.InstanceType || input.UserData) && record.state !== "stopped") {
          throw ec2Error("IncorrectInstanceState", `The instance '${record.id}' is not in the 'stopped' state.`);
        }
        scope.put("instance", {
          ...record,
          type: input.InstanceType?.Value ?? record.type,
          ...(input.UserData?.Value ? { userData: Buffer.from(input.UserData.Value).toString("base64") } : {}),
          apiTermination: input.DisableApiTermination ? !input.DisableApiTermination.Value : record.apiTermination,
          shutdownBehavior: (input.InstanceInitiatedShutdownBehavior?.Value as "stop" | "terminate" | undefined) ?? record.shutdownBehavior,
          ebsOptimized: input.EbsOptimized?.Value ?? record.ebsOptimized,
        });
      });
      return {};
    },
  },

  ModifyInstanceMetadataOptions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("instance", required(input.InstanceId, "instanceId"));
      refuseOperated(call.caller, record);
      const hopLimit = input.HttpPutResponseHopLimit ?? record.metadata.hopLimit;
      if (hopLimit < 1 || hopLimit > 64)
        throw invalidValue(`Value (${hopLimit}) for parameter httpPutResponseHopLimit is invalid. Valid values are 1 to 64.`);
      const metadata = {
        tokens: input.HttpTokens ?? record.metadata.tokens,
        hopLimit,
        endpoint: input.HttpEndpoint ?? record.metadata.endpoint,
        ipv6: input.HttpProtocolIpv6 ?? record.metadata.ipv6,
        tags: input.InstanceMetadataTags ?? record.metadata.tags,
      };
      const view = instanceView(scope, scope.put("instance", { ...record, metadata }), interfaceContext(scope));
      return { InstanceId: record.id, InstanceMetadataOptions: view.MetadataOptions };
    },
  },

  DescribeIamInstanceProfileAssociations: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (input.AssociationIds?.length && input.MaxResults !== undefined)
        throw invalidCombination("The parameter AssociationIds cannot be used with the parameter MaxResults");
      const views = scope
        .list("instance")
        .flatMap((record) =>
          record.profile && record.state !== "terminated"
            ? [
                {
                  AssociationId: record.profile.associationId,
                  InstanceId: record.id,
                  IamInstanceProfile: { Arn: record.profile.arn, Id: record.profile.id },
                  State: "associated" as const,
                },
              ]
            : [],
        )
        .filter((view) => !input.AssociationIds?.length || input.AssociationIds.includes(view.AssociationId))
        .filter((view) =>
          (input.Filters ?? []).every((filter) => {
            const value = filter.Name === "instance-id" ? view.InstanceId : filter.Name === "state" ? view.State : undefined;
            if (value === undefined) throw invalidValue(`The filter '${filter.Name}' is invalid`);
            return filter.Values?.includes(value);
          }),
        );
      const page = paginate(views, (view) => view.InstanceId, input);
      return { IamInstanceProfileAssociations: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
