// Detaches and deletes an interface (spec vpc-cni §3.8).
import { sleep } from "../../base/clock.ts";
import type { IpamdContext } from "./context.ts";
import { isGone } from "./errors.ts";
import { DELETE_PACE, DETACH_PACE, DETACH_PAUSE, retry } from "./retry.ts";

/** Frees the interface; one that is gone already counts as freed. Rejects with EC2's last error; the interface's host rules then stay. */
export async function freeInterface(context: IpamdContext, interfaceId: string, primaryIp: string): Promise<void> {
  const { ec2, clock, host } = context;
  try {
    const [described] = await ec2.describe([interfaceId]);
    const attachmentId = described?.attachmentId;
    if (!attachmentId) throw new Error(`interface ${interfaceId} has no attachment`);
    const detachPace = context.pace(DETACH_PACE);
    await retry(clock, detachPace, () => ec2.detach(attachmentId), isGone);
    if (detachPace.first > 0) await sleep(clock, DETACH_PAUSE);
    await retry(clock, context.pace(DELETE_PACE), () => ec2.delete(interfaceId), isGone);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  await host.tearDown(interfaceId, primaryIp);
}
