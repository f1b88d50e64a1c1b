// Who is at the other end of a loopback connection: credentials are for the user Atoll runs as, not for every user of the machine.
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** Connections of the kernel's tables; IPv4 ones of IPv6 sockets stand in the second. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * True if the connecting process belongs to this process's user, or to root. Where the system has no such tables (only Linux has)
 * everybody on loopback is let in.
 */
export function isOwnPeer({ remotePort, localPort }: Pick<Socket, "remotePort" | "localPort">): boolean {
  const tables = TABLES.flatMap(read);
  if (tables.length === 0) return true;
  const uid = tables.flatMap((table) => ownerIn(table, remotePort ?? 0, localPort ?? 0))[0];
  return uid !== undefined && (uid === 0 || uid === process.getuid?.());
}

/** The user of the socket that is bound to `from` and connected to `to`, in a table of /proc/net. */
export function ownerIn(table: string, from: number, to: number): number[] {
  return table.split("\n").flatMap((line) => {
    const [, local = "", remote = "", , , , , uid] = line.trim().split(/\s+/);
    return uid !== undefined && portOf(local) === from && portOf(remote) === to ? [Number(uid)] : [];
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}

function read(path: string): string[] {
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
