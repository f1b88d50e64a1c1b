// Writes protobuf's wire format: tags, varints and length-delimited chunks.

/** A number as a varint; negative ones take ten bytes, as int32 and int64 do. */
export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** A length-delimited field: text, bytes or an embedded message. */
export function chunk(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** A field of an integer type, or a boolean as 0 and 1. Fractions are cut off. */
export function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(Math.trunc(value))]);
}

/** A field of type string. */
export function text(number: number, value: string): Buffer {
  return chunk(number, Buffer.from(value, "utf8"));
}

/** A field of type double. */
export function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(number * 8 + 1), bytes]);
}
