// Whether ipamd starts without the API server (spec vpc-cni §3.3 step 1).
import { type Clock, sleep } from "../../base/clock.ts";
import type { IpamSettings } from "../settings.ts";

const NEEDED_POLL = 2000;
const OPTIONAL_POLL = 5000;
const PATIENCE = 30_000;

/** Whether the settings need the API server: for pods' annotations and ENIConfigs. */
export function needsApiServer({ podEni, customNetworking, annotatePodIp }: IpamSettings): boolean {
  return podEni || customNetworking || annotatePodIp;
}

/** Waits for the API server, without end where it is needed, else 30 s. Resolves to whether it answered; at once to false when `isStopping`. */
export async function awaitApiServer(
  settings: IpamSettings,
  clock: Clock,
  answers: () => boolean,
  isStopping: () => boolean,
): Promise<boolean> {
  const isNeeded = needsApiServer(settings);
  const since = clock.now();
  while (!answers()) {
    if (isStopping() || (!isNeeded && clock.now() - since >= PATIENCE)) return false;
    await sleep(clock, isNeeded ? NEEDED_POLL : OPTIONAL_POLL);
  }
  return true;
}
