// Per Kubernetes minor: the version string a cluster reports and the add-ons it begins with (spec addons §13, eks-control-plane §20).

/** What a new cluster of one minor version runs. */
export interface MinorVersion {
  /** Patch release the API server reports. */
  readonly patch: number;
  readonly coredns: string;
  readonly kubeProxy: string;
  readonly vpcCni: string;
}

const MINORS: Readonly<Record<string, MinorVersion>> = {
  "1.30": { patch: 14, coredns: "v1.11.1-eksbuild.8", kubeProxy: "v1.30.0-eksbuild.3", vpcCni: "v1.18.1-eksbuild.3" },
  "1.31": { patch: 14, coredns: "v1.11.3-eksbuild.1", kubeProxy: "v1.31.0-eksbuild.5", vpcCni: "v1.18.3-eksbuild.2" },
  "1.32": { patch: 12, coredns: "v1.11.4-eksbuild.2", kubeProxy: "v1.32.0-eksbuild.2", vpcCni: "v1.19.2-eksbuild.1" },
  "1.33": { patch: 8, coredns: "v1.12.1-eksbuild.2", kubeProxy: "v1.33.0-eksbuild.2", vpcCni: "v1.19.6-eksbuild.1" },
  "1.34": { patch: 4, coredns: "v1.12.4-eksbuild.1", kubeProxy: "v1.34.0-eksbuild.1", vpcCni: "v1.20.4-eksbuild.1" },
  "1.35": { patch: 2, coredns: "v1.13.2-eksbuild.1", kubeProxy: "v1.35.0-eksbuild.2", vpcCni: "v1.21.1-eksbuild.3" },
  "1.36": { patch: 2, coredns: "v1.14.3-eksbuild.3", kubeProxy: "v1.36.0-eksbuild.21", vpcCni: "v1.21.1-eksbuild.8" },
};

/** Facts of a minor version. Throws Error for one Atoll cannot run. */
export function minorVersion(minor: string): MinorVersion {
  const found = MINORS[minor];
  if (!found) throw new Error(`Atoll runs no Kubernetes ${minor}`);
  return found;
}

/** What `kubectl version` shows: major, minor and `v1.33.8-eks-<build>`. */
export function serverVersion(minor: string): { major: string; minor: string; gitVersion: string } {
  const [major = "1", minorNumber = ""] = minor.split(".");
  return { major, minor: minorNumber, gitVersion: `v${minor}.${minorVersion(minor).patch}-eks-a1b2c3d` };
}
