// DescribeInstanceTypes and DescribeInstanceTypeOfferings, from the table of types.
import type { InstanceTypeInfo, InstanceTypeOffering } from "@aws-sdk/client-ec2";
import { type InstanceType, instanceType, instanceTypeNames, maxInterfaces } from "../../vpc/instance-types.ts";
import type { Ec2Operations } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import { zonesOf } from "./zones.ts";

const previous = new Set(["c1", "c3", "cr1", "hs1", "i2", "m1", "m2", "m3", "r3", "t1"]);
const burstable = /^t\d/;

/** A type as DescribeInstanceTypes prints it; facts the table lacks are left out. */
export function typeView(type: InstanceType): InstanceTypeInfo {
  const family = type.name.split(".")[0]!;
  const nitro = type.hypervisor === "nitro" || type.bareMetal;
  const threads = type.architecture === "arm64" || type.vcpus === 1 ? 1 : 2;
  return {
    InstanceType: type.name as InstanceTypeInfo["InstanceType"] & string,
    CurrentGeneration: !previous.has(family),
    FreeTierEligible: type.name === "t2.micro" || type.name === "t3.micro",
    SupportedUsageClasses: ["on-demand", "spot"],
    SupportedRootDeviceTypes: ["ebs"],
    SupportedVirtualizationTypes: ["hvm"],
    BareMetal: type.bareMetal,
    ...(type.hypervisor ? { Hypervisor: type.hypervisor } : {}),
    ProcessorInfo: { SupportedArchitectures: [type.architecture] },
    ...(type.vcpus === undefined
      ? {}
      : { VCpuInfo: { DefaultVCpus: type.vcpus, DefaultCores: Math.max(1, type.vcpus / threads), DefaultThreadsPerCore: threads } }),
    ...(type.memoryMiB === undefined ? {} : { MemoryInfo: { SizeInMiB: type.memoryMiB } }),
    // Clients take a type without these two for one that does not exist (Terraform).
    EbsInfo: {
      EbsOptimizedSupport: nitro ? "default" : "unsupported",
      EncryptionSupport: "supported",
      NvmeSupport: nitro ? "required" : "unsupported",
    },
    PlacementGroupInfo: { SupportedStrategies: burstable.test(family) ? ["partition", "spread"] : ["cluster", "partition", "spread"] },
    NetworkInfo: {
      MaximumNetworkInterfaces: maxInterfaces(type),
      MaximumNetworkCards: type.cards.length,
      DefaultNetworkCardIndex: 0,
      NetworkCards: type.cards.map((count, index) => ({ NetworkCardIndex: index, MaximumNetworkInterfaces: count })),
      Ipv4AddressesPerInterface: type.ipv4PerInterface,
      Ipv6AddressesPerInterface: type.ipv4PerInterface,
      Ipv6Supported: true,
      EnaSupport: nitro ? "required" : "unsupported",
    },
    BurstablePerformanceSupported: burstable.test(family),
    DedicatedHostsSupported: false,
    AutoRecoverySupported: !type.bareMetal,
    HibernationSupported: false,
    InstanceStorageSupported: /^[a-z]+\d+[a-z]*d/.test(family) || /^(i\d|d\d|h1)/.test(family),
    SupportedBootModes: type.architecture === "arm64" ? ["uefi"] : ["legacy-bios", "uefi"],
  };
}

export const instanceTypeOperations = {
  DescribeInstanceTypes: {
    run(input) {
      const names: readonly string[] = input.InstanceTypes ?? [];
      if (names.length > 0 && input.MaxResults !== undefined) {
        throw invalidCombination("The parameter InstanceTypes cannot be used with the parameter MaxResults");
      }
      const unknown = names.filter((name) => !instanceType(name));
      if (unknown.length > 0)
        throw ec2Error("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
      const matches = filterBy<InstanceTypeInfo>(input.Filters, {
        "auto-recovery-supported": (view) => view.AutoRecoverySupported,
        "bare-metal": (view) => view.BareMetal,
        "burstable-performance-supported": (view) => view.BurstablePerformanceSupported,
        "current-generation": (view) => view.CurrentGeneration,
        "free-tier-eligible": (view) => view.FreeTierEligible,
        hypervisor: (view) => view.Hypervisor,
        "instance-storage-supported": (view) => view.InstanceStorageSupported,
        "instance-type": (view) => view.InstanceType,
        "memory-info.size-in-mib": (view) => view.MemoryInfo?.SizeInMiB,
        "network-info.maximum-network-interfaces": (view) => view.NetworkInfo?.MaximumNetworkInterfaces,
        "network-info.ipv4-addresses-per-interface": (view) => view.NetworkInfo?.Ipv4AddressesPerInterface,
        "network-info.ipv6-supported": (view) => view.NetworkInfo?.Ipv6Supported,
        "processor-info.supported-architecture": (view) => view.ProcessorInfo?.SupportedArchitectures,
        "supported-root-device-type": (view) => view.SupportedRootDeviceTypes,
        "supported-usage-class": (view) => view.SupportedUsageClasses,
        "supported-virtualization-type": (view) => view.SupportedVirtualizationTypes,
        "vcpu-info.default-vcpus": (view) => view.VCpuInfo?.DefaultVCpus,
      });
      const wanted = names.length > 0 ? [...new Set(names)] : instanceTypeNames();
      const views = wanted.map((name) => typeView(instanceType(name)!)).filter(matches);
      const page = paginate(views, (view) => view.InstanceType!, input, 5, 100);
      return { InstanceTypes: page.items, NextToken: page.NextToken };
    },
  },

  DescribeInstanceTypeOfferings: {
    run(input, call) {
      const kind = input.LocationType ?? "region";
      const zones = zonesOf(call.region);
      const locations =
        kind === "region"
          ? [call.region]
          : kind === "availability-zone"
            ? zones.map((zone) => zone.name)
            : kind === "availability-zone-id"
              ? zones.map((zone) => zone.id)
              : undefined;
      if (!locations) throw invalidValue(`Value (${kind}) for parameter locationType is invalid.`);
      const matches = filterBy<InstanceTypeOffering>(input.Filters, {
        location: (view) => view.Location,
        "instance-type": (view) => view.InstanceType,
      });
      const views = instanceTypeNames()
        .flatMap((name) =>
          locations.map(
            (Location): InstanceTypeOffering => ({
              InstanceType: name as InstanceTypeOffering["InstanceType"] & string,
              LocationType: kind,
              Location,
            }),
          ),
        )
        .filter(matches);
      const page = paginate(views, (view) => `${view.InstanceType}/${view.Location}`, input, 5, 1000);
      return { InstanceTypeOfferings: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
