// Reads single files out of a zip archive; enough for the archives npm packages bring.
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = Buffer.from("PK\x05\x06", "latin1");
const STORED = 0;

/** The content of the archive's file `name`. Throws Error if it is not there. */
export function unzipFile(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0) throw new Error("not a zip archive");
  let entry = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = archive.readUInt16LE(entry + 28);
    if (archive.toString("utf8", entry + 46, entry + 46 + nameLength) === name) return content(archive, entry);
    entry += 46 + nameLength + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32);
  }
  throw new Error(`the archive has no file ${name}`);
}

function content(archive: Buffer, entry: number): Buffer {
  const local = archive.readUInt32LE(entry + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
  return archive.readUInt16LE(entry + 10) === STORED ? packed : inflateRawSync(packed);
}
