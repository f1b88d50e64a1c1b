// EC2 as the resource controller needs it for Windows nodes (spec vpc-cni §2.10): every call as the cluster role.
import type { Invoke } from "../../aws/operation.ts";
import type { ControllerIdentity } from "../branch/ec2-calls.ts";
import { assign } from "../ipamd/ec2-calls.ts";

/** The interface that carries a node's addresses. */
export interface PrimaryInterface {
  readonly id: string;
  readonly subnetId: string;
  /** Besides the primary one. */
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
}

/** Every call rejects with EC2's error. */
export interface WindowsEc2 {
  /** Rejects if the instance has no interface. */
  primary(instanceId: string): Promise<PrimaryInterface>;
  /** More addresses or /28 prefixes; they are returned as EC2 names them. */
  assign(interfaceId: string, count: number, prefixes: boolean): Promise<readonly string[]>;
  unassign(interfaceId: string, names: readonly string[], prefixes: boolean): Promise<void>;
}

/** EC2 through the process's own call path, decided by IAM. */
export function windowsEc2(invoke: Invoke, { asClusterRole }: Pick<ControllerIdentity, "asClusterRole">): WindowsEc2 {
  return {
    async primary(instanceId) {
      const Filters = [
        { Name: "attachment.instance-id", Values: [instanceId] },
        { Name: "attachment.device-index", Values: ["0"] },
      ];
      const { NetworkInterfaces = [] } = await invoke("ec2", "DescribeNetworkInterfaces", { Filters }, await asClusterRole());
      const found = NetworkInterfaces.find(({ Attachment }) => (Attachment?.NetworkCardIndex ?? 0) === 0);
      if (!found) throw new Error(`instance ${instanceId} has no primary network interface`);
      const { NetworkInterfaceId: id = "", SubnetId: subnetId = "", PrivateIpAddresses = [], Ipv4Prefixes = [] } = found;
      return {
        ...{ id, subnetId },
        addresses: PrivateIpAddresses.flatMap(({ Primary, PrivateIpAddress }) => (Primary ? [] : (PrivateIpAddress ?? []))),
        prefixes: Ipv4Prefixes.flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
      };
    },
    async assign(NetworkInterfaceId, count, prefixes) {
      const role = await asClusterRole();
      return assign(prefixes ? { prefixes: count } : { addresses: count }, (operation, input) =>
        invoke("ec2", operation, { NetworkInterfaceId, ...input }, role),
      );
    },
    async unassign(NetworkInterfaceId, names, prefixes) {
      const what = prefixes ? { Ipv4Prefixes: [...names] } : { PrivateIpAddresses: [...names] };
      await invoke("ec2", "UnassignPrivateIpAddresses", { NetworkInterfaceId, ...what }, await asClusterRole());
    },
  };
}
