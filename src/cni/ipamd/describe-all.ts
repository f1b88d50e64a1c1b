// DescribeNetworkInterfaces by ids the metadata service told, some of which EC2 may no longer know (spec vpc-cni §2.11).
import type { Ec2, InterfaceFacts } from "./ec2.ts";
import { isGone } from "./errors.ts";

/** Describes interfaces; ids EC2 does not know are dropped, and the others asked about again. Rejects with EC2's error. */
export async function describeAll(ec2: Pick<Ec2, "describe">, interfaceIds: readonly string[]): Promise<InterfaceFacts[]> {
  let ids = [...interfaceIds];
  while (ids.length > 0) {
    try {
      return await ec2.describe(ids);
    } catch (error) {
      const missing = isGone(error) ? missingInterfaceId((error as Error).message) : "";
      if (!ids.includes(missing)) throw error;
      ids = ids.filter((id) => id !== missing);
    }
  }
  return [];
}

/** The id EC2's message quotes; empty if it quotes none. */
export function missingInterfaceId(message: string): string {
  return /'(eni-[^']+)'/.exec(message)?.[1] ?? "";
}
