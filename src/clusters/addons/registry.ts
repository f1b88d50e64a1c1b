// The registries that publish add-on images (EKS User Guide, View Amazon container image registries for Amazon EKS add-ons).
import rows from "./data/registries.json" with { type: "json" };

const hosts = new Map(rows.map(({ region, host }) => [region, host]));

/** Registry host of a region; most regions share one account. */
export const registryOf = (region: string): string => hosts.get(region) ?? `602401143452.dkr.ecr.${region}.amazonaws.com`;
