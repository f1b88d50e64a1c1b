// From an instance's user data to what its node is to be, by the operating system of its image.
import { gunzipSync } from "node:zlib";
import { bootstrapSettings } from "./bootstrap.ts";
import { bottlerocketSettings } from "./bottlerocket.ts";
import { nodeadmSettings } from "./nodeadm.ts";
import { type NodeSettings, type NodeSystem, UserDataError } from "./settings.ts";

/** More than user data can be worth: what an archive of 16 KiB may unpack to. */
const UNPACKED = 1024 * 1024;

/** Reads user data (base64, possibly compressed). Throws UserDataError with what the machine's program says. */
export function readUserData(base64: string, os: NodeSystem): NodeSettings {
  if (os === "windows") throw new UserDataError("Atoll does not simulate Windows nodes outside of managed node groups.");
  const bytes = Buffer.from(base64, "base64");
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes) : bytes).toString();
  try {
    return READERS[os](text);
  } catch (error) {
    // Values of other types than documented are the customer's mistake, too.
    throw error instanceof UserDataError ? error : new UserDataError(`user data cannot be read: ${(error as Error).message}`);
  }
}

const READERS = { al2: bootstrapSettings, al2023: nodeadmSettings, bottlerocket: bottlerocketSettings } as const;

function unpack(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED });
  } catch {
    throw new UserDataError("user data cannot be decompressed");
  }
}
