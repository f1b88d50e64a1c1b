// What an ipamd tells of its pool, for judgements about missing addresses.
import type { Ipamd } from "../ipamd/ipamd.ts";
import type { PoolFacts } from "./address-facts.ts";

/** The first card's pool, now. */
export function poolFacts(ipamd: Ipamd): PoolFacts {
  const { store, limits, settings, unmanaged, pausedUntil, lastFailure } = ipamd;
  const enis = [...store.enis.values()];
  const serving = enis.filter((eni) => !eni.isExcluded && !eni.isTrunk && !(settings.customNetworking && eni.isPrimary));
  const { total, assigned, cooldown } = ipamd.stats;
  return {
    ...{ total, assigned, cooldown, interfaces: enis.length, maxInterfaces: limits.maxEnis, unmanaged: unmanaged.size },
    slotsPerInterface: limits.slotsPerEni,
    freeSlots: serving.reduce((sum, eni) => sum + limits.slotsPerEni - eni.cidrs.size, 0),
    excluded: enis.filter(({ isExcluded }) => isExcluded).length,
    provisioning: settings.provisioning,
    ...{ prefixMode: store.prefixMode, warmIpTarget: settings.warmIpTarget, minimumIpTarget: settings.minimumIpTarget },
    cooldownSeconds: settings.cooldown / 1000,
    ...(pausedUntil !== undefined && { pausedUntil }),
    ...(lastFailure && { failure: lastFailure }),
  };
}
