// Making and removing interface records together with their addresses: what CreateNetworkInterface, RunInstances, NAT gateways and
// endpoints share.
import type { Caller } from "../../aws/caller.ts";
import { ec2Error, invalidValue } from "./errors.ts";
import { newId, newMac } from "./ids.ts";
import {
  type AddressRequest,
  checkExclusive,
  checkRoom,
  checkSupply,
  releaseAddresses,
  takeAddresses,
  takePrimary,
} from "./interface-addresses.ts";
import { limits } from "./limits.ts";
import { managingService } from "./managed.ts";
import type { Attachment, InterfaceRecord, SubnetRecord, Tags } from "./records.ts";
import type { Scope } from "./scope.ts";
import { defaultGroup } from "./security-groups.ts";

const LOAD_BALANCING = "elasticloadbalancing.amazonaws.com";

/** What a new interface is to be. */
export interface InterfacePlan {
  readonly subnet: SubnetRecord;
  readonly description: string;
  /** Default: the VPC's default group. */
  readonly groups?: readonly string[];
  /** Named primary address; default automatic. */
  readonly primary?: string;
  readonly request: AddressRequest;
  readonly primaryIpv6?: boolean;
  readonly type?: InterfaceRecord["type"];
  readonly tags: Tags;
  readonly attachment?: Attachment;
  /** Type of the instance it is made for, when known. */
  readonly instanceType?: string;
  readonly requesterId?: string;
  readonly requesterManaged?: boolean;
  readonly connectionTracking?: InterfaceRecord["connectionTracking"];
}

/** Checks groups of an interface: known, of the subnet's VPC, at most five. */
export function checkGroups(scope: Scope, vpcId: string, groups: readonly string[]): readonly string[] {
  const unique = [...new Set(groups)];
  for (const id of unique) {
    const group = scope.require("security-group", id);
    if (group.vpcId !== vpcId) {
      throw invalidValue(`Security group ${id} and subnet belong to different networks.`);
    }
  }
  if (unique.length > limits.groupsPerInterface) {
    throw invalidValue(
      `user ${scope.account} exceeded limit ${limits.groupsPerInterface} on the number of interface security group memberships`,
    );
  }
  return unique;
}

/** Who a new interface's requester is, and whether a service keeps it to itself. */
export function requester(caller: Caller): Pick<InterfacePlan, "requesterId" | "requesterManaged"> {
  const service = managingService(caller);
  if (service === undefined) return { requesterId: caller.userId, requesterManaged: false };
  // Elastic Load Balancing goes by an older name here.
  return { requesterId: service === LOAD_BALANCING ? "amazon-elb" : service, requesterManaged: true };
}

/** Whether a new interface is a Network Load Balancer's: it has a type of its own, and only the groups that were asked for. */
export function isOfNetworkBalancer(caller: Caller, description = ""): boolean {
  return managingService(caller) === LOAD_BALANCING && description.startsWith("ELB net/");
}

/** Writes an interface and takes its addresses. Call inside a change; throws what EC2 answers when something is short or wrong. */
export function makeInterface(scope: Scope, plan: InterfacePlan): InterfaceRecord {
  const { subnet, request } = plan;
  checkExclusive(request);
  const groups = checkGroups(scope, subnet.vpcId, plan.groups?.length ? plan.groups : [defaultGroup(scope, subnet.vpcId).id]);
  if (scope.count("network-interface") >= scope.interfaceQuota) {
    throw ec2Error("NetworkInterfaceLimitExceeded", "The maximum number of network interfaces has been reached.");
  }
  const withoutIpv4 = plan.type === "efa-only" || subnet.cidr === undefined;
  const wantsIpv6 =
    (request.addresses6?.length ?? 0) + (request.count6 ?? 0) + (request.prefixes6?.length ?? 0) + (request.prefixCount6 ?? 0) > 0;
  const automatic6 = !wantsIpv6 && subnet.assignIpv6 && plan.type !== "efa-only" ? { count6: 1 } : {};
  const full: AddressRequest = { ...request, ...automatic6 };
  const held = { addresses: withoutIpv4 ? [] : [plan.primary ?? ""], prefixes: [], addresses6: [], prefixes6: [] };
  checkRoom(held, full, plan.instanceType);
  checkSupply(scope, subnet.id, full, withoutIpv4 || plan.primary !== undefined ? 0 : 1);
  const first = withoutIpv4 ? [] : [takePrimary(scope, subnet.id, plan.primary)];
  const taken = takeAddresses(scope, subnet.id, full);
  return scope.put("network-interface", {
    id: scope.newId("network-interface"),
    tags: plan.tags,
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    zoneId: subnet.zoneId,
    description: plan.description,
    type: plan.type ?? "interface",
    mac: newMac(scope.random),
    sourceDestCheck: true,
    groups,
    ...taken,
    addresses: [...first, ...taken.addresses],
    primaryIpv6: plan.primaryIpv6 ?? false,
    ...(plan.requesterId === undefined ? {} : { requesterId: plan.requesterId }),
    requesterManaged: plan.requesterManaged ?? false,
    ...(plan.attachment === undefined ? {} : { attachment: plan.attachment }),
    ...(plan.connectionTracking === undefined ? {} : { connectionTracking: plan.connectionTracking }),
  });
}

/** An attachment whose far side a service owns. */
export function serviceAttachment(scope: Scope): Attachment {
  return {
    id: newId(scope.random, "eni-attach"),
    instanceOwnerId: "amazon-aws",
    deviceIndex: 1,
    cardIndex: 0,
    deleteOnTermination: false,
    attachedAt: scope.clock.now(),
  };
}

/** Removes an interface with its addresses, trunk associations, permissions and elastic IP associations. Call inside a change. */
export function removeInterface(scope: Scope, record: InterfaceRecord): void {
  releaseAddresses(scope, record.subnetId, record);
  for (const address of scope.list("elastic-ip")) {
    if (address.interfaceId === record.id) scope.put("elastic-ip", disassociated(address));
  }
  for (const association of scope.list("trunk-association")) {
    if (association.trunkId === record.id || association.branchId === record.id) scope.delete("trunk-association", association.id);
  }
  for (const permission of scope.list("interface-permission")) {
    if (permission.interfaceId === record.id) scope.delete("interface-permission", permission.id);
  }
  scope.delete("network-interface", record.id);
}

/** An elastic IP without its association. */
export function disassociated<T extends { associationId?: string; interfaceId?: string; privateIp?: string }>(address: T): T {
  const { associationId: _a, interfaceId: _i, privateIp: _p, ...rest } = address;
  return rest as T;
}
