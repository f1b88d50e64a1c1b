// What user data tells a node about the cluster it is to join and about its kubelet.

/** Operating system of a machine image. */
export type NodeSystem = "al2" | "al2023" | "bottlerocket" | "windows";

/** A taint with its Kubernetes effect. */
export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** The kubelet's own part of the settings. */
export interface KubeletSettings {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  readonly maxPods?: number;
}

/** Everything a node needs to join. Without endpoint and authority the cluster is described first. */
export interface NodeSettings extends KubeletSettings {
  readonly clusterName: string;
  readonly endpoint?: string;
  /** Base64 of PEM. */
  readonly certificateAuthority?: string;
}

/** User data that the program on the machine image does not accept; the message is what it writes to the console. */
export class UserDataError extends Error {}
