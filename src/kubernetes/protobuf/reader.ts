// Reads protobuf's wire format: tags, varints and length-delimited chunks.

/** A body that is not protobuf, or not the message it should be. */
export class ProtobufError extends Error {}

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

/** A cursor over one message. Every read is bounds-checked and throws ProtobufError past the end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's number and wire type. */
  tag(): { number: number; wire: number } {
    const key = this.#uint();
    const number = Math.floor(key / 8);
    if (number < 1) throw new ProtobufError("proto: illegal tag 0");
    return { number, wire: key % 8 };
  }

  /** Unsigned, as tags and lengths need it: exact up to four bytes without a BigInt, which costs ten times as much. */
  #uint(): number {
    const start = this.#at;
    let value = 0;
    for (let shift = 0; shift < 28 && this.#at < this.#end; shift += 7) {
      const byte = this.#bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#at = start;
    return Number(this.varint());
  }

  /** Unsigned 64-bit. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw new ProtobufError("unexpected EOF");
      const byte = this.#bytes[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("proto: integer overflow");
  }

  /** Signed 64-bit, as Go's int32 and int64 fields are written. A number where it is exact. */
  integer(): number {
    const start = this.#at;
    const value = this.#uint();
    if (value < 0x1000_0000) return value;
    this.#at = start;
    return Number(BigInt.asIntN(64, this.varint()));
  }

  double(): number {
    const at = this.#skip(8);
    return this.#view.getFloat64(at, true);
  }

  float(): number {
    const at = this.#skip(4);
    return this.#view.getFloat32(at, true);
  }

  /** A view of the next length-delimited chunk. */
  bytes(): Uint8Array {
    const length = this.#uint();
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A reader over the next embedded message. */
  message(): Reader {
    const length = this.#uint();
    const at = this.#skip(length);
    return new Reader(this.#bytes, at, at + length);
  }

  string(): string {
    const length = this.#uint();
    const at = this.#skip(length);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, length).toString("utf8");
  }

  /** Steps over a value of the wire type. */
  skip(wire: number): void {
    if (wire === wireVarint) this.varint();
    else if (wire === wireFixed64) this.#skip(8);
    else if (wire === wireBytes) this.#skip(this.#uint());
    else if (wire === wireFixed32) this.#skip(4);
    else throw new ProtobufError(`proto: illegal wireType ${wire}`);
  }

  #skip(length: number): number {
    const at = this.#at;
    if (!(length >= 0) || at + length > this.#end) throw new ProtobufError("unexpected EOF");
    this.#at = at + length;
    return at;
  }
}
