// One SPDY/3.1 connection seen from the server: streams that the client opens, as Node streams.
import { Duplex } from "node:stream";
import { dataHead, type Frame, FrameReader, goAway, ping, resets, rstStream, SpdyError, synReply, windowUpdate } from "./frames.ts";
import { HeaderCodec, type SpdyHeaders } from "./header-codec.ts";

/** A stream the client opened. Ending `duplex` half-closes it, destroying it resets it. */
export interface SpdyStream {
  readonly headers: SpdyHeaders;
  readonly duplex: Duplex;
}

/** Unread bytes of one stream above which the connection is not read on. */
const unread = 256 * 1024;
/** Largest payload of a data frame sent. Bytes. */
const piece = 64 * 1024;
/** Most streams open at once. */
const most = 1000;

interface Open {
  readonly duplex: Duplex;
  /** Wakes the reader of the connection once the stream wants more, or is gone. */
  wake: (() => void) | undefined;
}

/**
 * Serves SPDY over a byte stream. Kubernetes' clients neither keep nor send flow-control windows: the transport's own back pressure holds
 * the peer up, and windows are given back as they are used for clients that count them.
 */
export class SpdyConnection {
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #transport: Duplex;
  readonly #accept: (stream: SpdyStream) => void;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, Open>();
  #last = 0;
  #leaving = false;
  #ended = false;

  constructor(transport: Duplex, accept: (stream: SpdyStream) => void) {
    this.#transport = transport;
    this.#accept = accept;
    transport.on("error", () => {});
    this.closed = new Promise((resolve) => {
      transport.on("close", () => {
        this.#dropStreams();
        this.#codec.close();
        resolve();
      });
    });
    void this.#read();
  }

  /** Says goodbye after what was written so far; what the peer still sends is thrown away until it hangs up. */
  end(): void {
    this.#ended = true;
    this.#send(goAway(this.#last));
    this.#dropStreams();
    this.#transport.end();
  }

  /** Drops everything. */
  destroy(): void {
    this.#transport.destroy();
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#transport) for (const frame of reader.push(chunk as Buffer)) await this.#handle(frame);
    } catch {
      // A broken protocol and a broken connection end alike.
    } finally {
      this.#dropStreams();
      this.#transport.end(() => this.#transport.destroy());
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (this.#ended) return;
    switch (frame.type) {
      case "synStream":
        return this.#open(frame.id, frame.fin, await this.#codec.decode(frame.block));
      case "headers":
        // Decompressed even though nothing is in them: the next block builds on this one.
        await this.#codec.decode(frame.block);
        return frame.fin ? this.#receive(frame.id, undefined, true) : undefined;
      case "data":
        return this.#receive(frame.id, frame.payload, frame.fin);
      case "rstStream":
        this.#streams.get(frame.id)?.duplex.destroy();
        return;
      case "ping":
        if (frame.id % 2 === 1) this.#send(ping(frame.id));
        return;
      case "goAway":
        this.#leaving = true;
        this.#closeIfDone();
    }
  }

  async #open(id: number, fin: boolean, headers: SpdyHeaders): Promise<void> {
    if (id % 2 === 0 || id <= this.#last) throw new SpdyError("bad stream id");
    this.#last = id;
    if (this.#leaving || this.#streams.size >= most) {
      this.#send(rstStream(id, resets.refused));
      return;
    }
    const open: Open = { duplex: this.#duplex(id, () => open), wake: undefined };
    this.#streams.set(id, open);
    this.#send(synReply(id, await this.#codec.empty()));
    if (fin) open.duplex.push(null);
    this.#accept({ headers, duplex: open.duplex });
  }

  #duplex(id: number, self: () => Open): Duplex {
    let over = false;
    const duplex = new Duplex({
      readableHighWaterMark: unread,
      writableHighWaterMark: piece,
      read: () => {
        const { wake } = self();
        self().wake = undefined;
        wake?.();
      },
      write: (chunk: Buffer, _encoding, done) => this.#sendData(id, chunk, done),
      final: (done) => {
        over = true;
        this.#send(dataHead(id, 0, true));
        done();
      },
      destroy: (error, done) => {
        if (!this.#ended && !(over && duplex.readableEnded)) this.#send(rstStream(id, resets.cancel));
        this.#streams.delete(id);
        self().wake?.();
        done(error);
        this.#closeIfDone();
      },
    });
    duplex.on("error", () => {});
    return duplex;
  }

  async #receive(id: number, payload: Buffer | undefined, fin: boolean): Promise<void> {
    const open = this.#streams.get(id);
    if (!open) {
      if (id > this.#last) throw new SpdyError("data for a stream that was never opened");
      return;
    }
    const { duplex } = open;
    if (payload && payload.length > 0 && !duplex.readableEnded) {
      const more = duplex.push(payload);
      this.#send(windowUpdate(id, payload.length));
      if (!more && !duplex.destroyed) {
        await new Promise<void>((resolve) => {
          open.wake = resolve;
        });
      }
    }
    if (fin && !duplex.destroyed) duplex.push(null);
  }

  #sendData(id: number, chunk: Buffer, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += piece) {
      const part = chunk.subarray(at, at + piece);
      this.#send(dataHead(id, part.length, false));
      this.#send(part, at + piece >= chunk.length ? done : undefined);
    }
    if (chunk.length === 0) done();
  }

  #send(bytes: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#transport.writable) this.#transport.write(bytes, (error) => done?.(error));
    else done?.(new Error("the connection is closed"));
  }

  #dropStreams(): void {
    for (const { duplex } of [...this.#streams.values()]) duplex.destroy();
    this.#streams.clear();
  }

  #closeIfDone(): void {
    if (this.#leaving && !this.#ended && this.#streams.size === 0) this.end();
  }
}
