// The EKS optimized AMIs as DescribeImages lists them. Ids are Atoll's own: they depend on region, version and variant alone.
import { createHash } from "node:crypto";
import type { Image } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import type { Scope } from "./scope.ts";

const versions = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35"];
const owner = "602401143452";
const released = "20260101";

function image(scope: Scope, version: string, architecture: "x86_64" | "arm64"): Image {
  const name = `amazon-eks-node-al2023-${architecture}-standard-${version}-v${released}`;
  return {
    ImageId: `ami-0${createHash("sha256").update(`${scope.region}/${name}`).digest("hex").slice(0, 16)}`,
    Name: name,
    ImageLocation: `amazon/${name}`,
    Description: `EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: ${version}, simulated by Atoll)`,
    OwnerId: owner,
    ImageOwnerAlias: "amazon",
    Public: true,
    State: "available",
    Architecture: architecture,
    ImageType: "machine",
    RootDeviceType: "ebs",
    RootDeviceName: "/dev/xvda",
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    EnaSupport: true,
    BootMode: "uefi-preferred",
    ImdsSupport: "v2.0",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    CreationDate: "2026-01-01T00:00:00.000Z",
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/xvda",
        Ebs: { DeleteOnTermination: true, Encrypted: false, VolumeSize: 20, VolumeType: "gp3", Iops: 3000, Throughput: 125 },
      },
    ],
    Tags: [],
  };
}

/** All images of a region. */
export function images(scope: Scope): Image[] {
  return versions
    .flatMap((version) => [image(scope, version, "x86_64"), image(scope, version, "arm64")])
    .sort((a, b) => (a.ImageId! < b.ImageId! ? -1 : 1));
}

export const imageOperations = {
  DescribeImages: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const all = images(scope);
      for (const id of input.ImageIds ?? []) {
        if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw ec2Error("InvalidAMIID.Malformed", `Invalid id: "${id}"`);
        if (!all.some((each) => each.ImageId === id)) throw ec2Error("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
      }
      const owners = input.Owners ?? [];
      const owned = (each: Image) => owners.length === 0 || owners.includes(each.OwnerId!) || owners.includes("amazon");
      const matches = filterBy<Image>(input.Filters, {
        architecture: (view) => view.Architecture,
        "creation-date": (view) => view.CreationDate,
        description: (view) => view.Description,
        hypervisor: (view) => view.Hypervisor,
        "image-id": (view) => view.ImageId,
        "image-type": (view) => view.ImageType,
        "is-public": (view) => view.Public,
        name: (view) => view.Name,
        "owner-alias": (view) => view.ImageOwnerAlias,
        "owner-id": (view) => view.OwnerId,
        "root-device-type": (view) => view.RootDeviceType,
        state: (view) => view.State,
        "virtualization-type": (view) => view.VirtualizationType,
      });
      const named = input.ImageIds?.length ? all.filter((each) => input.ImageIds!.includes(each.ImageId!)) : all;
      const page = paginate(named.filter(owned).filter(matches), (view) => view.ImageId!, input, 1, 1000);
      return { Images: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
