// Header blocks of SPDY/3: name/value pairs, compressed in one zlib stream per direction (SPDY Protocol Draft 3, section 2.6.10).
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { dictionary } from "./dictionary.ts";
import { SpdyError } from "./frames.ts";

/** Header values by lower-case name. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Longest block after decompression. Bytes. */
const longest = 64 * 1024;
const options = { dictionary, flush: constants.Z_SYNC_FLUSH };

/** Both directions of one connection. Blocks must be given in the order of their frames, one after the other. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate(options);
  readonly #deflate: Deflate = createDeflate(options);

  /** Reads a block. Rejects with SpdyError. */
  async decode(block: Buffer): Promise<SpdyHeaders> {
    return pairs(await through(this.#inflate, block));
  }

  /** A block without headers. */
  empty(): Promise<Buffer> {
    return through(this.#deflate, Buffer.alloc(4));
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}

function through(codec: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    let size = 0;
    const settle = (error: Error | undefined) => {
      codec.off("data", collect).off("error", fail).off("close", gone);
      // An error may still come late; nobody minds it then.
      codec.on("error", () => {});
      if (error) reject(error);
      else resolve(Buffer.concat(output));
    };
    const collect = (chunk: Buffer) => {
      size += chunk.length;
      output.push(chunk);
      if (size > longest) codec.destroy();
    };
    const fail = () => settle(new SpdyError("header block cannot be decompressed"));
    const gone = () => settle(new SpdyError("header block too long"));
    codec.on("data", collect).on("error", fail).on("close", gone);
    codec.write(input, (error) => {
      if (size > longest) gone();
      else if (error) fail();
      else settle(undefined);
    });
  });
}

function pairs(bytes: Buffer): SpdyHeaders {
  let at = 0;
  const number = () => {
    if (at + 4 > bytes.length) throw new SpdyError("header block too short");
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (at + length > bytes.length) throw new SpdyError("header block too short");
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}
