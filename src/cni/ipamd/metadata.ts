// The node's own view of its interfaces: what the instance metadata service shows, which may lag behind EC2 (spec vpc-cni §2.12).
import type { Clock } from "../../base/clock.ts";
import type { DataStore } from "../pool/data-store.ts";
import type { Ec2, InterfaceFacts } from "./ec2.ts";
import { type Pace, retry } from "./retry.ts";

/** Source of the interfaces a node sees. */
export interface Metadata {
  interfaces(): Promise<InterfaceFacts[]>;
}

/** A metadata service that never lags: it shows what EC2 says. */
export function promptMetadata(ec2: Ec2, instanceId: string): Metadata {
  return { interfaces: () => ec2.interfacesOf(instanceId) };
}

/** The CIDRs of an interface that can serve pods, in the store's form. */
export function cidrsOf(eni: InterfaceFacts): string[] {
  return [...eni.addresses.map((address) => `${address}/32`), ...eni.prefixes, ...eni.prefixes6];
}

/**
 * Waits until a new interface shows the wanted number of addresses (prefixes in prefix mode). After the last try some are enough. Rejects if
 * there is none.
 */
export async function waitForInterface(
  interfaceId: string,
  wanted: number,
  { store, metadata, clock, pace }: { store: Pick<DataStore, "prefixMode">; metadata: Metadata; clock: Clock; pace: Pace },
): Promise<InterfaceFacts> {
  let seen: InterfaceFacts | undefined;
  const count = (eni: InterfaceFacts) => (store.prefixMode ? eni.prefixes.length + eni.prefixes6.length : eni.addresses.length);
  try {
    return await retry(clock, pace, async () => {
      seen = (await metadata.interfaces()).find((eni) => eni.id === interfaceId) ?? seen;
      if (!seen) throw new Error(`interface ${interfaceId} does not show on the instance`);
      if (count(seen) < wanted) throw new Error(`interface ${interfaceId} shows ${count(seen)} of ${wanted} addresses`);
      return seen;
    });
  } catch (error) {
    if (seen && count(seen) > 0) return seen;
    throw error;
  }
}
