// Add-on records as the API shows them, and how requests find them.
import type { Addon } from "@aws-sdk/client-eks";
import { addonArn, childKey, type Place } from "../arn.ts";
import { compact } from "../checks.ts";
import { notFound } from "../errors.ts";
import type { AddonRecord } from "../records.ts";
import type { EksState } from "../state.ts";
import { ownedAssociations } from "./associations.ts";
import { findMarketplaceAddon } from "./catalogue.ts";

/** The API's shape of an add-on. */
export function addonView(record: AddonRecord, state: EksState, place: Place): Addon {
  const sold = findMarketplaceAddon(record.name);
  return compact<Addon>({
    addonName: record.name,
    clusterName: record.clusterName,
    status: record.status,
    addonVersion: record.version || undefined,
    health: { issues: record.health.map((issue) => ({ ...issue, resourceIds: [...issue.resourceIds] })) },
    addonArn: record.arn,
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
    serviceAccountRoleArn: record.serviceAccountRoleArn,
    tags: { ...record.tags },
    publisher: sold?.publisher,
    owner: sold?.owner,
    configurationValues: record.configurationValues,
    podIdentityAssociations: ownedAssociations(state, place, record).map(({ arn }) => arn),
    namespaceConfig: { namespace: record.namespace },
  });
}

/** Key of an add-on's record; names are found in any spelling of case. */
export const addonKey = (place: Place, clusterName: string, addonName: string): string =>
  childKey(place, clusterName, addonName.toLowerCase());

/** The add-on of that name; throws ResourceNotFoundException. */
export function requireAddon(state: EksState, place: Place, clusterName: string, addonName = ""): Readonly<AddonRecord> {
  const record = state.addons.get(addonKey(place, clusterName, addonName));
  if (!record) throw notFound(`No addon: ${addonName} found in cluster: ${clusterName}`, { clusterName, addonName });
  return record;
}

/** ARN that requests about an add-on are authorized on; `*` for the id of one that does not exist. */
export const addonResource = (state: EksState, place: Place, clusterName = "", addonName = ""): string =>
  state.addons.get(addonKey(place, clusterName, addonName))?.arn ?? addonArn(place, clusterName, addonName, "*");
