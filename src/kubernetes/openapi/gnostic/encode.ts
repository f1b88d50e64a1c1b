// Encodes an OpenAPI v2 document as gnostic's openapi.v2.Document, which client-go's discovery asks for.
import { stringify } from "yaml";
import { chunk, double, integer, text } from "../../protobuf/writer.ts";
import type { Schema } from "../schemas.ts";
import { choices, maps, messages } from "./messages.ts";

class Encoder {
  /** Vendor extensions are few and occur thousands of times. */
  readonly #yaml = new Map<string, Buffer>();

  #any(value: unknown): Buffer {
    const key = JSON.stringify(value);
    let bytes = this.#yaml.get(key);
    if (!bytes) {
      bytes = text(2, stringify(value));
      this.#yaml.set(key, bytes);
    }
    return bytes;
  }

  #named(number: number, name: string, value: Buffer): Buffer {
    return chunk(number, Buffer.concat([text(1, name), value]));
  }

  #extensions(number: number | undefined, value: Schema): Buffer[] {
    if (number === undefined) return [];
    const named = Object.entries(value).filter(([name]) => name.startsWith("x-"));
    return named.map(([name, member]) => this.#named(number, name, chunk(2, this.#any(member))));
  }

  #field(number: number, type: string, value: any): Buffer {
    if (type === "string") return text(number, value);
    if (type === "bool") return integer(number, value ? 1 : 0);
    if (type === "int64") return integer(number, value);
    if (type === "double") return double(number, value);
    if (type === "any") return chunk(number, this.#any(value));
    return chunk(number, this.message(type, value));
  }

  #fields(number: number, type: string, value: any): Buffer {
    return Array.isArray(value) ? Buffer.concat(value.map((each) => this.#field(number, type, each))) : this.#field(number, type, value);
  }

  #choice(type: string, value: any): Buffer {
    const chosen = choices[type]!(value);
    const [last, ...outer] = chosen.numbers.toReversed();
    return outer.reduce((bytes, number) => chunk(number, bytes), this.#fields(last!, chosen.type, value));
  }

  /** The bytes of a message; members that gnostic does not know are left out. */
  message(type: string, value: any): Buffer {
    if (type in choices) return this.#choice(type, value);
    const map = maps[type];
    if (map) {
      const entries = Object.entries(value).filter(([name]) => map.extensions === undefined || !name.startsWith("x-"));
      return Buffer.concat([
        ...entries.map(([name, member]) => this.#named(map.number, name, this.#field(2, map.holds, member))),
        ...this.#extensions(map.extensions, value),
      ]);
    }
    if (type === "StringArray") return this.#fields(1, "string", value);
    const { members, extensions } = messages.get(type)!;
    const parts: Buffer[] = [];
    for (const [name, member] of members) {
      const held = value[name];
      // What is zero is absent, as proto3 has it; an `any` is a message and never zero.
      if (held === undefined || (member.type !== "any" && (held === "" || held === 0 || held === false) && !(member.type in choices)))
        continue;
      parts.push(member.repeated ? this.#fields(member.number, member.type, held) : this.#field(member.number, member.type, held));
    }
    return Buffer.concat([...parts, ...this.#extensions(extensions, value)]);
  }
}

/** The document's bytes as `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
export function encodeDocument(document: Schema): Buffer {
  return new Encoder().message("Document", document);
}
