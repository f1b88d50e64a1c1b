// The EKS optimized AMIs as DescribeImages lists them: the table that EKS and Systems Manager answer from too.
import type { Image } from "@aws-sdk/client-ec2";
import { imageId, type NodeImage, nodeImages } from "../node-images.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import type { Scope } from "./scope.ts";

/** Accounts that publish the images (EKS User Guide; Bottlerocket's and Windows's documentation). */
const OWNERS: Readonly<Record<NodeImage["os"], string>> = {
  al2: "602401143452",
  al2023: "602401143452",
  bottlerocket: "092701018921",
  windows: "801119661308",
};

function descriptionOf({ os, version, variant }: NodeImage): string {
  const end = `(k8s: ${version}, simulated by Atoll)`;
  if (os === "bottlerocket") return `Bottlerocket for Kubernetes nodes ${end}`;
  if (os === "windows") return `Microsoft Windows Server ${variant} optimized for EKS ${end}`;
  return `EKS-optimized Kubernetes node based on Amazon Linux ${os === "al2" ? "2" : "2023"}, ${end}`;
}

function view(scope: Scope, image: NodeImage): Image {
  const { os, name, architecture, released } = image;
  const rootDevice = os === "windows" ? "/dev/sda1" : "/dev/xvda";
  const size = os === "windows" ? 50 : os === "bottlerocket" ? 2 : 20;
  return {
    ImageId: imageId(scope.region, image),
    Name: name,
    ImageLocation: `amazon/${name}`,
    Description: descriptionOf(image),
    OwnerId: OWNERS[os],
    ImageOwnerAlias: "amazon",
    Public: true,
    State: "available",
    Architecture: architecture,
    ImageType: "machine",
    RootDeviceType: "ebs",
    RootDeviceName: rootDevice,
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    EnaSupport: true,
    ...(os === "windows" ? { Platform: "Windows" as const } : { BootMode: "uefi-preferred" as const, ImdsSupport: "v2.0" as const }),
    PlatformDetails: os === "windows" ? "Windows" : "Linux/UNIX",
    UsageOperation: os === "windows" ? "RunInstances:0002" : "RunInstances",
    CreationDate: `${released.slice(0, 4)}-${released.slice(4, 6)}-${released.slice(6)}T00:00:00.000Z`,
    BlockDeviceMappings: [
      {
        DeviceName: rootDevice,
        Ebs: { DeleteOnTermination: true, Encrypted: false, VolumeSize: size, VolumeType: "gp3", Iops: 3000, Throughput: 125 },
      },
    ],
    Tags: [],
  };
}

/** All images of a region. */
export function images(scope: Scope): Image[] {
  return nodeImages()
    .map((image) => view(scope, image))
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
