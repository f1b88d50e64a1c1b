// The self-managed add-ons of a new cluster, installed as EKS does: applied once, then the user's (spec addons §11).
import type { NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { minorVersion } from "../versions.ts";
import { coredns } from "./coredns.ts";
import type { AddonFacts } from "./facts.ts";
import { install } from "./install.ts";
import { kubeProxy } from "./kube-proxy.ts";
import { vpcCni } from "./vpc-cni.ts";

/** Installs vpc-cni, kube-proxy and coredns at the versions a cluster of `minor` begins with. */
export async function installDefaultAddons(client: KubeClient, minor: string, facts: Omit<AddonFacts, "version">): Promise<void> {
  const versions = minorVersion(minor);
  const objects: NewObject[] = [
    ...vpcCni({ ...facts, version: versions.vpcCni }),
    ...kubeProxy({ ...facts, version: versions.kubeProxy }),
    ...coredns({ ...facts, version: versions.coredns }),
  ];
  await install(client, objects);
}
