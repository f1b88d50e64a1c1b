// Brings the pool in line with what the instance really has (spec vpc-cni §3.11).
import type { Eni } from "../pool/data-store.ts";
import { servableCidrs } from "./adopt.ts";
import { onCard } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import { describeAll } from "./describe-all.ts";
import type { InterfaceFacts } from "./ec2.ts";
import { refreshExclusion } from "./exclusion.ts";
import { adoptManaged } from "./interfaces.ts";
import { followGroups } from "./security-groups.ts";

/**
 * Compares the pool with the metadata service and, where they differ, with EC2, which is believed. `strict`: EC2 is also asked before an
 * interface that does not show is taken away. Rejects if either does not answer; the pool is then as it was.
 */
export async function reconcile(context: IpamdContext, strict: boolean): Promise<void> {
  const { store, metadata, ec2, instance, card } = context;
  const all = await metadata.interfaces();
  const shown = new Map(onCard(all, card).map((eni) => [eni.id, eni]));
  let answer: Promise<InterfaceFacts[]> | undefined;
  const ask = () => {
    answer ??= ec2.interfacesOf(instance.instanceId);
    return answer;
  };
  for (const eni of [...store.enis.values()]) {
    const seen = shown.get(eni.id);
    if (seen) {
      if (!isSame(eni, servableCidrs(context, seen))) await followEc2(context, eni, await ask());
    } else if (!strict || !(await ask()).some(({ id }) => id === eni.id)) {
      await removeVanished(context, eni);
    }
  }
  const isNew = (id: string) => !store.enis.has(id) && !context.unmanaged.has(id);
  if ([...shown.keys()].some(isNew)) {
    const described = answer ? await answer : await describeAll(ec2, [...shown.keys()]);
    await adoptManaged(
      context,
      described.filter(({ attachmentId }) => attachmentId !== undefined),
      false,
    );
  }
  await refreshExclusion(context);
  await followGroups(context, all);
}

function isSame(eni: Eni, cidrs: readonly string[]): boolean {
  return eni.cidrs.size === cidrs.length && cidrs.every((cidr) => eni.cidrs.has(cidr));
}

async function followEc2(context: IpamdContext, eni: Eni, interfaces: readonly InterfaceFacts[]): Promise<void> {
  const { store, freed, counters, log } = context;
  const described = interfaces.find(({ id }) => id === eni.id);
  if (!described) return;
  const present = servableCidrs(context, described);
  for (const cidr of present) {
    // EC2, too, may show for a moment what has just been given back.
    if (eni.cidrs.has(cidr) || freed.state(cidr) === "recent") continue;
    freed.forget(cidr);
    store.addCidr(eni.id, cidr);
    counters.add("reconcile_count", { fn: "eniDataStorePoolReconcileAdd" });
  }
  for (const cidr of [...eni.cidrs.keys()].filter((each) => !present.includes(each))) {
    log.warn({ eni: eni.id, cidr }, "addresses vanished from the interface");
    store.removeCidr(eni.id, cidr, true);
    counters.add("reconcile_count", { fn: "eniDataStorePoolReconcileDel" });
  }
}

async function removeVanished({ store, host, counters, log }: IpamdContext, eni: Eni): Promise<void> {
  log.warn({ eni: eni.id }, "interface vanished from the instance");
  store.removeEni(eni.id, true);
  counters.add("reconcile_count", { fn: "eniReconcileDel" });
  await host.tearDown(eni.id, eni.primaryIp);
}
