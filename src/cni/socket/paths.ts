// Where a node's sockets are: the directory of the instance stands for the node's /var/run/aws-node.
import { join } from "node:path";

/** Bytes of the longest path of a Unix socket: Linux has room for 108 with the closing zero, macOS for 104. */
const LONGEST = process.platform === "darwin" ? 103 : 107;
const SOME_INSTANCE = "i-0123456789abcdef0";

/** The directory of an instance's sockets below the one that was set. */
export const socketDirectory = (base: string, instanceId: string): string => join(base, instanceId);
/** ipamd's socket in the directory. */
export const ipamdSocket = (directory: string): string => join(directory, "ipamd.sock");
/** The network policy agent's socket in the directory. */
export const agentSocket = (directory: string): string => join(directory, "npa.sock");

/** Whether the paths of sockets below `base` are as short as the kernel wants them. Ids of instances are of one length. */
export function hasRoomForSockets(base: string): boolean {
  return Buffer.byteLength(ipamdSocket(socketDirectory(base, SOME_INSTANCE))) <= LONGEST;
}

/** Bytes that the path of the set directory may have. */
export const LONGEST_BASE = LONGEST - ipamdSocket(socketDirectory("/", SOME_INSTANCE)).length;
