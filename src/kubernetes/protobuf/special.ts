// Types whose protobuf form does not follow from their fields.
import type { SpecialName } from "../schema/types.ts";
import { Reader, wireBytes } from "./reader.ts";
import { durationText, microTimeText, timeText } from "./time.ts";

/** A message's fields as plain values: numbers for varints, chunks for the rest; the last of a number wins, `all` keeps every chunk. */
function scan(reader: Reader): { numbers: Map<number, number>; chunks: Map<number, Uint8Array>; all: [number, Uint8Array][] } {
  const numbers = new Map<number, number>();
  const chunks = new Map<number, Uint8Array>();
  const all: [number, Uint8Array][] = [];
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 0) numbers.set(number, reader.integer());
    else if (wire === wireBytes) {
      const chunk = reader.bytes();
      chunks.set(number, chunk);
      all.push([number, chunk]);
    } else reader.skip(wire);
  }
  return { numbers, chunks, all };
}

const text = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).toString("utf8") : "");

/** What the surrounding decoder lends: nested schemas and embedded objects. */
export interface Nested {
  schema(reader: Reader): unknown;
  object(raw: Uint8Array): unknown;
}

/** Decodes a special type's message to its JSON value; undefined means that Go would write null or nothing. */
export function decodeSpecial(special: SpecialName, reader: Reader, nested: Nested): unknown {
  const { numbers, chunks, all } = scan(reader);
  switch (special) {
    case "Time":
      return numbers.has(1) ? timeText(numbers.get(1)!) : undefined;
    case "MicroTime":
      return numbers.has(1) ? microTimeText(numbers.get(1)!, numbers.get(2) ?? 0) : undefined;
    case "Duration":
      return durationText(numbers.get(1) ?? 0);
    case "Quantity":
      return text(chunks.get(1)) || "0";
    case "IntOrString":
      return (numbers.get(1) ?? 0) === 0 ? (numbers.get(2) ?? 0) : text(chunks.get(3));
    case "RawExtension": {
      const raw = chunks.get(1);
      return raw && raw.length > 0 ? nested.object(raw) : undefined;
    }
    case "FieldsV1":
    case "JSON": {
      const raw = text(chunks.get(1));
      return raw === "" ? undefined : JSON.parse(raw);
    }
    case "JSONSchemaPropsOrArray": {
      const schemas = all.filter(([number]) => number === 2);
      if (schemas.length > 0) return schemas.map(([, chunk]) => nested.schema(new Reader(chunk)));
      return chunks.has(1) ? nested.schema(new Reader(chunks.get(1)!)) : undefined;
    }
    case "JSONSchemaPropsOrBool":
      return chunks.has(2) ? nested.schema(new Reader(chunks.get(2)!)) : (numbers.get(1) ?? 0) !== 0;
    case "JSONSchemaPropsOrStringArray": {
      const names = all.filter(([number]) => number === 2);
      if (names.length > 0) return names.map(([, chunk]) => text(chunk));
      return chunks.has(1) ? nested.schema(new Reader(chunks.get(1)!)) : undefined;
    }
  }
}
