// Several streams in one WebSocket: the first byte of every message names its channel (`v4.channel.k8s.io`, `v5.channel.k8s.io`).
import { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** In v5, a message on this channel closes the one it names. */
const closing = 255;
/** Unread bytes of one channel above which the socket is not read on. */
const unread = 256 * 1024;
/** Largest message sent. Bytes. */
const piece = 64 * 1024;

/** The channels of one WebSocket, by number. */
export interface Channels {
  readonly list: readonly Duplex[];
  /** Resolves when the socket is over. */
  readonly closed: Promise<void>;
}

/** Opens `count` channels. `readable` says from which the client is heard; what it sends elsewhere is ignored, as Kubernetes does. */
export function openChannels(socket: WebSocket, count: number, readable: (channel: number) => boolean, canClose: boolean): Channels {
  const full = new Set<number>();
  const relieve = (channel: number) => {
    if (full.delete(channel) && full.size === 0) socket.resume();
  };
  const list = Array.from({ length: count }, (_, channel) => {
    const duplex = new Duplex({
      readableHighWaterMark: unread,
      writableHighWaterMark: piece,
      read: () => relieve(channel),
      write: (chunk: Buffer, _encoding, done) => send(socket, channel, chunk, done),
      destroy: (error, done) => {
        relieve(channel);
        done(error);
      },
    });
    duplex.on("error", () => {});
    return duplex;
  });
  socket.on("message", (raw: RawData) => {
    const bytes = Buffer.isBuffer(raw) ? raw : Buffer.concat(Array.isArray(raw) ? raw : [new Uint8Array(raw)]);
    const channel = bytes[0];
    if (channel === undefined) return;
    const closes = canClose && channel === closing;
    const target = closes ? bytes[1] : channel;
    const duplex = target !== undefined && readable(target) ? list[target] : undefined;
    if (target === undefined || !duplex || duplex.destroyed || duplex.readableEnded) return;
    if (closes) duplex.push(null);
    else if (bytes.length > 1 && !duplex.push(bytes.subarray(1))) {
      full.add(target);
      socket.pause();
    }
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      for (const each of list) each.destroy();
      resolve();
    });
  });
  return { list, closed };
}

function send(socket: WebSocket, channel: number, chunk: Buffer, done: (error?: Error | null) => void): void {
  const name = Buffer.from([channel]);
  let at = 0;
  do {
    const part = chunk.subarray(at, at + piece);
    at += piece;
    socket.send(Buffer.concat([name, part]), { binary: true }, at >= chunk.length ? (error) => done(error) : undefined);
  } while (at < chunk.length);
}
