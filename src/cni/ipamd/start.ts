// What ipamd does before it serves: finds its interfaces and gives pods what they held (spec vpc-cni §3.3 step 4).
import type { AttachmentKey, PodMeta } from "../pool/data-store.ts";
import type { IpamdContext } from "./context.ts";
import { refreshExclusion } from "./exclusion.ts";
import { adoptManaged } from "./interfaces.ts";
import { returnExcluded, returnOtherMode } from "./shrink.ts";

/** An address a pod held before. */
export interface HeldBefore {
  readonly key: AttachmentKey;
  readonly meta: PodMeta;
  readonly address: string;
}

/** Fills the store. `strict`: EC2 is believed, not the metadata service. Rejects with EC2's error. */
export async function takeStock(context: IpamdContext, held: readonly HeldBefore[], strict: boolean): Promise<void> {
  const { store, settings, instance, ec2, metadata, log } = context;
  await adoptManaged(context, strict ? await ec2.interfacesOf(instance.instanceId) : await metadata.interfaces(), true);
  for (const { key, meta, address } of held) {
    if (!store.restore(key, meta, address)) log.warn({ pod: `${meta.namespace}/${meta.name}`, address }, "pod address is on no interface");
  }
  if (settings.ipv6) return ensurePrefix6(context);
  await refreshExclusion(context);
  if (!settings.provisioning) return;
  await returnExcluded(context);
  await returnOtherMode(context);
}

/** Under IPv6 one /80 on the primary interface serves all pods of the node. */
async function ensurePrefix6({ store, settings, ec2 }: IpamdContext): Promise<void> {
  const primary = [...store.enis.values()].find((eni) => eni.isPrimary);
  if (!primary || primary.cidrs.size > 0 || !settings.provisioning) return;
  for (const prefix of await ec2.assign(primary.id, { prefixes6: 1 })) store.addCidr(primary.id, prefix);
}
