// What time does to instances and NAT gateways: transitional states end after the injected delays, also after a restart.
import { Collection } from "../../store/collection.ts";
import { StoreClosedError } from "../../store/store.ts";
import { bareScope, type Delays, type Ec2Deps } from "./deps.ts";
import { detach, interfacesOf } from "./interface-attachments.ts";
import { releaseVolumes } from "./launch-volumes.ts";
import { removeInterface } from "./make-interface.ts";
import type { InstanceRecord, NatGatewayRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Ends every transition on the next turn; terminated instances stay visible for an hour. */
export const immediate: Delays = { pending: 0, stopping: 0, shuttingDown: 0, terminated: 3_600_000, natGateway: 0 };

const retryMilliseconds = 1000;

/** Moves an instance on when its time is up. True if the new state ends by itself, too. */
function advanceInstance(scope: Scope, id: string): boolean {
  const instance = scope.get("instance", id);
  if (!instance) return false;
  scope.change(() => {
    if (instance.state === "pending") scope.put("instance", { ...instance, state: "running" });
    else if (instance.state === "stopping") scope.put("instance", { ...instance, state: "stopped" });
    else if (instance.state === "terminated") scope.delete("instance", id);
    else if (instance.state === "shutting-down") {
      for (const record of interfacesOf(scope, instance)) {
        if (record.attachment?.deleteOnTermination) removeInterface(scope, record);
        else detach(scope, record);
      }
      releaseVolumes(scope, instance);
      scope.put("instance", { ...instance, interfaces: [], volumes: [], state: "terminated" });
    }
  });
  return instance.state === "shutting-down";
}

function advanceNatGateway(scope: Scope, id: string): boolean {
  const gateway = scope.get("natgateway", id);
  if (!gateway) return false;
  scope.change(() => {
    if (gateway.state === "pending") scope.put("natgateway", { ...gateway, state: "available" });
    else if (gateway.state === "deleted") scope.delete("natgateway", id);
    else if (gateway.state === "deleting") {
      const record = scope.get("network-interface", gateway.interfaceId);
      if (record) removeInterface(scope, record);
      scope.put("natgateway", { ...gateway, state: "deleted", deletedAt: scope.clock.now() });
    }
  });
  return gateway.state === "deleting";
}

/** Delay until the next step of a record; undefined if it rests. */
function instanceDelay(record: Readonly<InstanceRecord>, delays: Delays): number | undefined {
  const byState: Partial<Record<InstanceRecord["state"], number>> = {
    pending: delays.pending,
    stopping: delays.stopping,
    "shutting-down": delays.shuttingDown,
    terminated: delays.terminated,
  };
  return byState[record.state];
}

function natDelay(record: Readonly<NatGatewayRecord>, delays: Delays): number | undefined {
  if (record.state === "pending" || record.state === "deleting") return delays.natGateway;
  return record.state === "deleted" ? delays.terminated : undefined;
}

/** Makes the function that schedules a record's next step. */
export function createTransitions(deps: Pick<Ec2Deps, "clock">, delays: Delays): Ec2Deps["transition"] {
  const transition: Ec2Deps["transition"] = (scope, kind, id) => {
    const record = scope.get(kind, id);
    if (!record) return;
    const delay = kind === "instance" ? instanceDelay(record as InstanceRecord, delays) : natDelay(record as NatGatewayRecord, delays);
    if (delay === undefined) return;
    const before = record.state;
    const step = () => {
      if (scope.get(kind, id)?.state !== before) return;
      try {
        const again = kind === "instance" ? advanceInstance(scope, id) : advanceNatGateway(scope, id);
        if (again) transition(scope, kind, id);
      } catch (error) {
        // A closed store resumes at the next start; anything else may pass.
        if (!(error instanceof StoreClosedError)) deps.clock.after(retryMilliseconds, step);
      }
    };
    deps.clock.after(delay, step);
  };
  return transition;
}

/** Picks up every record that was in the middle of a transition when the process ended. */
export function resumeTransitions(deps: Ec2Deps): void {
  for (const kind of ["instance", "natgateway"] as const) {
    for (const [key] of new Collection(deps.store, `ec2/${kind}`).entries()) {
      const [account = "", region = "", id = ""] = key.split("/");
      const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
      deps.transition(bareScope(deps, account, region, partition), kind, id);
    }
  }
}
