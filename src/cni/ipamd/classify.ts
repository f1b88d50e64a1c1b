// Which of an instance's interfaces ipamd manages (spec vpc-cni §3.10).
import type { IpamSettings } from "../settings.ts";
import type { InterfaceFacts } from "./ec2.ts";
import { INSTANCE_TAG, NO_MANAGE_TAG } from "./tags.ts";

/** Tags by interface, as EC2 answered. */
export type TagAnswer = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** The tags a description of interfaces carries. */
export function tagAnswer(interfaces: readonly InterfaceFacts[]): TagAnswer {
  return new Map(interfaces.map((eni) => [eni.id, eni.tags]));
}

/** The interfaces ipamd must leave alone. `previous` is the judgement made before: it stands when EC2's answer about tags is empty. */
export function unmanagedInterfaces(
  interfaces: readonly InterfaceFacts[],
  answer: TagAnswer,
  settings: IpamSettings,
  instanceId: string,
  previous: ReadonlySet<string> = new Set(),
): Set<string> {
  const isOfCard = ({ cardIndex }: InterfaceFacts) => settings.multiNic && cardIndex > 0;
  const isForeign = (eni: InterfaceFacts) =>
    (eni.cardIndex > 0 && !settings.multiNic) ||
    eni.type === "efa-only" ||
    (settings.ipv6 && !isPrimary(eni) && eni.type !== "trunk" && !isOfCard(eni));
  const isRefused = ({ id }: InterfaceFacts) =>
    answer.size === 0 ? previous.has(id) : !isManaged(answer.get(id) ?? {}, settings, instanceId);
  return new Set(interfaces.filter((eni) => !isPrimary(eni) && (isForeign(eni) || isRefused(eni))).map((eni) => eni.id));
}

/** The interfaces of a network card. */
export function onCard(interfaces: readonly InterfaceFacts[], card: number): InterfaceFacts[] {
  return interfaces.filter(({ cardIndex }) => cardIndex === card);
}

/** Device 0 of card 0. */
export function isPrimary(eni: InterfaceFacts): boolean {
  return eni.deviceIndex === 0 && eni.cardIndex === 0;
}

function isManaged(tags: Readonly<Record<string, string>>, settings: IpamSettings, instanceId: string): boolean {
  const noManage = tags[NO_MANAGE_TAG];
  if (noManage !== undefined) return noManage !== "true";
  return tags[INSTANCE_TAG] === instanceId || settings.manageUntagged;
}
