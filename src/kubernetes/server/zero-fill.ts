// Nulls inside lists and maps: Go's decoder reads them as the element's zero value, and validation then judges that.
import type { StructType, TypeRef } from "../schema/types.ts";

/** Replaces null elements by zero values, in place, everywhere in a value of a struct. */
export function zeroFill(struct: StructType, value: Record<string, any>): void {
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (typeof member !== "object" || member === null) continue;
    const field = struct.fields.get(key);
    if (field) fill(field.type, member);
  }
}

function fill(type: TypeRef, value: any): void {
  if (typeof value !== "object" || value === null) return;
  if (type.kind === "struct") {
    if (!Array.isArray(value)) zeroFill(type.struct, value);
    return;
  }
  const element = type.kind === "list" ? type.item : type.kind === "map" ? type.value : undefined;
  if (!element) return;
  // Scalars cannot hold elements: nothing but nulls matters in a list of them.
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    if (value[key] === null) value[key] = zero(element);
    else if (element.kind !== "scalar") fill(element, value[key]);
  }
}

function zero(type: TypeRef): unknown {
  if (type.kind === "list") return [];
  if (type.kind !== "scalar") return type.kind === "special" ? "0" : {};
  if (type.scalar === "string" || type.scalar === "bytes") return "";
  return type.scalar === "bool" ? false : type.scalar === "any" ? null : 0;
}
