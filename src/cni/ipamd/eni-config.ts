// Which ENIConfig a node uses under custom networking (spec vpc-cni §5; EKS User Guide, "Customize the secondary network interface").
import type { IpamSettings } from "../settings.ts";

/** What ENIConfig says of new interfaces. */
export interface EniConfig {
  readonly subnetId: string;
  /** Empty: the primary interface's. */
  readonly securityGroups: readonly string[];
}

/** Labels and annotations of the node object. */
export interface NodeMarks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const EXTERNAL_LABEL = "vpc.amazonaws.com/externalEniConfig";

/** Name of the node's ENIConfig: of the external label, the annotation, the label, or `default`. */
export function eniConfigName(settings: IpamSettings, { labels, annotations }: NodeMarks): string {
  return labels[EXTERNAL_LABEL] || annotations[settings.eniConfigAnnotation] || labels[settings.eniConfigLabel] || "default";
}

/** The node's ENIConfig. Throws if there is none of the name: there is no falling back to `default`. */
export function chooseEniConfig(settings: IpamSettings, node: NodeMarks, find: (name: string) => EniConfig | undefined): EniConfig {
  const name = eniConfigName(settings, node);
  const config = find(name);
  if (!config) throw new Error(`eniconfigs.crd.k8s.amazonaws.com "${name}" not found`);
  return config;
}
