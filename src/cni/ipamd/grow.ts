// One step of growth: addresses on an interface that has room, or a new interface (spec vpc-cni §3.6).
import { addAddresses } from "./add-addresses.ts";
import { addInterface, hasRoom } from "./add-interface.ts";
import type { IpamdContext } from "./context.ts";

/** Adds addresses or an interface; false if nothing could be added. Rejects with EC2's error. */
export async function grow(context: IpamdContext): Promise<boolean> {
  if (await addAddresses(context)) return true;
  if (context.isStopping() || !hasRoom(context)) return false;
  return addInterface(context);
}
