// SPDY/3.1 frames: bytes to frames and back (SPDY Protocol Draft 3.1, section 2.2 and 2.6).

/** The peer broke the protocol; the connection ends. */
export class SpdyError extends Error {}

/** Frames this side understands; header blocks are still compressed. Data comes in pieces as it arrives, `fin` with the last. */
export type Frame =
  | { readonly type: "synStream"; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: "headers"; readonly id: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: "data"; readonly id: number; readonly fin: boolean; readonly payload: Buffer }
  | { readonly type: "rstStream"; readonly id: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway" };

/** Why a stream is reset (section 2.6.3). */
export const resets = { protocolError: 1, invalidStream: 2, refused: 3, cancel: 5 } as const;

const kinds = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
const finFlag = 1;
/** Longest control frame taken; a client's header blocks are far below. Bytes. */
const longestControl = 64 * 1024;
const headSize = 8;

/** Cuts bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  /** A data frame of which some payload is still to come. */
  #data: { id: number; fin: boolean; left: number } | undefined;

  /** Takes the next bytes; returns the frames they complete. Throws SpdyError. */
  push(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const frames: Frame[] = [];
    while (this.#data ? this.#dataPiece(frames) : this.#nextFrame(frames));
    return frames;
  }

  #take(size: number): Buffer {
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  #dataPiece(frames: Frame[]): boolean {
    const data = this.#data!;
    if (data.left > 0 && this.#rest.length === 0) return false;
    const payload = this.#take(data.left);
    data.left -= payload.length;
    const done = data.left === 0;
    frames.push({ type: "data", id: data.id, fin: done && data.fin, payload });
    if (done) this.#data = undefined;
    return true;
  }

  #nextFrame(frames: Frame[]): boolean {
    if (this.#rest.length < headSize) return false;
    const first = this.#rest.readUInt32BE(0);
    const flags = this.#rest.readUInt8(4);
    const length = this.#rest.readUIntBE(5, 3);
    const fin = (flags & finFlag) !== 0;
    if (first >>> 31 === 0) {
      this.#take(headSize);
      this.#data = { id: first, fin, left: length };
      return true;
    }
    if (((first >>> 16) & 0x7fff) !== 3) throw new SpdyError("unsupported version of SPDY");
    if (length > longestControl) throw new SpdyError("control frame too long");
    if (this.#rest.length < headSize + length) return false;
    this.#take(headSize);
    const frame = controlFrame(first & 0xffff, fin, this.#take(length));
    if (frame) frames.push(frame);
    return true;
  }
}

/** Undefined for kinds without meaning here: settings, windows, credentials, replies to streams nobody opened. */
function controlFrame(kind: number, fin: boolean, body: Buffer): Frame | undefined {
  const needs = (size: number) => {
    if (body.length < size) throw new SpdyError("control frame too short");
  };
  const id = () => body.readUInt32BE(0) & 0x7fffffff;
  switch (kind) {
    case kinds.synStream:
      needs(10);
      return { type: "synStream", id: id(), fin, block: body.subarray(10) };
    case kinds.headers:
      needs(4);
      return { type: "headers", id: id(), fin, block: body.subarray(4) };
    case kinds.rstStream:
      needs(8);
      return { type: "rstStream", id: id() };
    case kinds.ping:
      needs(4);
      return { type: "ping", id: body.readUInt32BE(0) };
    case kinds.goAway:
      return { type: "goAway" };
    default:
      return undefined;
  }
}

function control(kind: number, ...parts: Uint8Array[]): Buffer {
  const head = Buffer.alloc(headSize);
  head.writeUInt32BE((0x80030000 | kind) >>> 0, 0);
  head.writeUIntBE(
    parts.reduce((sum, { length }) => sum + length, 0),
    5,
    3,
  );
  return Buffer.concat([head, ...parts]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
}

/** Accepts a stream; `block` is the compressed header block. */
export const synReply = (id: number, block: Uint8Array): Buffer => control(kinds.synReply, words(id), block);
export const rstStream = (id: number, status: number): Buffer => control(kinds.rstStream, words(id, status));
export const ping = (id: number): Buffer => control(kinds.ping, words(id));
/** No more streams after `last`; status 0: nothing went wrong. */
export const goAway = (last: number): Buffer => control(kinds.goAway, words(last, 0));
export const windowUpdate = (id: number, by: number): Buffer => control(kinds.windowUpdate, words(id, by));

/** A data frame's head; the payload (below 16 MiB) follows it. */
export function dataHead(id: number, length: number, fin: boolean): Buffer {
  const head = words(id, length);
  if (fin) head.writeUInt8(finFlag, 4);
  return head;
}
