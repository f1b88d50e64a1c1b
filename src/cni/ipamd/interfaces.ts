// Finds the instance's interfaces and takes in those that are ipamd's (spec vpc-cni §3.3 step 4, §3.10).
import { adoptInterface } from "./adopt.ts";
import { onCard, tagAnswer, unmanagedInterfaces } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import type { InterfaceFacts } from "./ec2.ts";
import { type Pace, retry, TAG_PACE } from "./retry.ts";
import { interfaceTags, missingTags } from "./tags.ts";

/** Of setting an interface up when ipamd starts. */
const SETUP_PACE: Pace = { tries: 5, first: 10_000, longest: 10_000 };
const ONCE: Pace = { tries: 1, first: 0, longest: 0 };

/**
 * Classifies the card's interfaces and adopts the managed ones the pool does not know, tags first. An interface the host does not have is left out.
 * Rejects with EC2's error if tags cannot be written.
 */
export async function adoptManaged(context: IpamdContext, all: readonly InterfaceFacts[], isStart: boolean): Promise<void> {
  const interfaces = onCard(all, context.card);
  const { store, settings, instance, clock, log } = context;
  context.unmanaged = unmanagedInterfaces(interfaces, tagAnswer(interfaces), settings, instance.instanceId, context.unmanaged);
  for (const eni of interfaces) {
    if (context.unmanaged.has(eni.id) || store.enis.has(eni.id)) continue;
    if (eni.type !== "trunk") await addTags(context, eni);
    try {
      await retry(clock, isStart ? context.pace(SETUP_PACE) : ONCE, () => adoptInterface(context, eni, false));
    } catch (error) {
      log.warn({ eni: eni.id, error: (error as Error).message }, "interface cannot be set up; it is left alone");
    }
  }
}

/** Adds the tags an interface lacks. Rejects with EC2's last error. */
export async function addTags(context: IpamdContext, { id, tags }: Pick<InterfaceFacts, "id" | "tags">): Promise<void> {
  const { settings, instance, ec2, clock } = context;
  const missing = missingTags(interfaceTags(settings, instance.instanceId), tags);
  if (!settings.provisioning || Object.keys(missing).length === 0) return;
  await retry(clock, context.pace(TAG_PACE), () => ec2.createTags(id, missing));
}
