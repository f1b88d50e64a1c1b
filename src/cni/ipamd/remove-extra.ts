// Removes an interface the targets do not ask for (spec vpc-cni §3.6, extra ENI).
import { podsOn } from "../pool/data-store.ts";
import { removableEni } from "../pool/removable-eni.ts";
import { hasIpTargets } from "../settings.ts";
import type { IpamdContext } from "./context.ts";
import { freeInterface } from "./free-interface.ts";

/** Frees one interface; false if none is to go. Rejects with EC2's error; the interface has left the pool then, too. */
export async function removeExtraInterface(context: IpamdContext): Promise<boolean> {
  const { store, settings, clock } = context;
  if (!mayHaveExtra(context)) return false;
  const eni = removableEni(store, settings, clock.now());
  if (!eni) return false;
  store.removeEni(eni.id);
  await freeInterface(context, eni.id, eni.primaryIp);
  return true;
}

function mayHaveExtra({ store, settings, limits, clock }: IpamdContext): boolean {
  if (hasIpTargets(settings)) return true;
  if (store.prefixMode) return [...store.enis.values()].some((eni) => !eni.isPrimary && podsOn(eni) === 0);
  const { total, assigned } = store.stats(clock.now());
  return total - assigned >= (settings.warmEniTarget + 1) * limits.slotsPerEni;
}
