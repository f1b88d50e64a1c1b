// What ipamd does before it serves: finds its interfaces and gives pods what they held (spec vpc-cni §3.3 step 4).
import type { AttachmentKey, PodMeta } from "../pool/data-store.ts";
import { addInterface } from "./add-interface.ts";
import type { IpamdContext } from "./context.ts";
import type { InterfaceFacts } from "./ec2.ts";
import { refreshExclusion } from "./exclusion.ts";
import { adoptManaged } from "./interfaces.ts";
import { returnExcluded, returnOtherMode } from "./shrink.ts";

/** An address a pod held before. */
export interface HeldBefore {
  readonly key: AttachmentKey;
  readonly meta: PodMeta;
  readonly address: string;
  /** Network card of the address; the first if absent. */
  readonly card?: number;
}

/** Fills the store of a card; resolves to all interfaces of the instance. `strict`: EC2 is believed, not the metadata service. Rejects with EC2's error. */
export async function takeStock(context: IpamdContext, held: readonly HeldBefore[], strict: boolean): Promise<readonly InterfaceFacts[]> {
  const { store, settings, instance, ec2, metadata, log } = context;
  const interfaces = strict ? await ec2.interfacesOf(instance.instanceId) : await metadata.interfaces();
  await adoptManaged(context, interfaces, true);
  for (const { key, meta, address, card = 0 } of held) {
    if (card !== context.card) continue;
    if (!store.restore(key, meta, address)) log.warn({ pod: `${meta.namespace}/${meta.name}`, address }, "pod address is on no interface");
  }
  if (settings.ipv6) {
    await ensurePrefix6(context);
    return interfaces;
  }
  await refreshExclusion(context);
  if (settings.provisioning) {
    await returnExcluded(context);
    await returnOtherMode(context);
  }
  return interfaces;
}

/** Under IPv6 one /80 serves all pods: on the primary interface, and on the only one of every further card. */
async function ensurePrefix6(context: IpamdContext): Promise<void> {
  const { store, settings, ec2, card } = context;
  const eni = [...store.enis.values()].find(({ isPrimary }) => isPrimary || card > 0);
  if (!settings.provisioning || (eni && eni.cidrs.size > 0)) return;
  if (!eni) return void (card > 0 && (await addInterface(context)));
  for (const prefix of await ec2.assign(eni.id, { prefixes6: 1 })) store.addCidr(eni.id, prefix);
}
