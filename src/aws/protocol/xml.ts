// Shapes to XML text (answers of awsQuery and ec2Query).
import { getOwn } from "./record.ts";
import type { ListShape, MapShape, Member, Shape } from "./shape.ts";
import { textTimestamp, toDate } from "./timestamp.ts";

const SPECIAL = /[&<>"'\r\n\u0085\u2028]/g;
// Characters that XML 1.0 cannot carry in any form, lone surrogates among them.
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Text as element content. Characters that XML cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(ILLEGAL, "\ufffd").replace(SPECIAL, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

/** `<name>text</name>`. */
export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

/** Elements of a structure's members, without an enclosing element. */
export function membersToXml(members: readonly Member[], value: object): string {
  let text = "";
  for (const member of members) {
    const item = getOwn(value, member.name);
    if (item !== undefined && item !== null) text += toXml(member.shape, item, member.xmlName ?? member.name, member.flattened);
  }
  return text;
}

function toXml(shape: Shape, value: unknown, name: string, flattened: boolean): string {
  switch (shape.kind) {
    case "structure":
    case "union":
      return `<${name}>${membersToXml(shape.members, value as object)}</${name}>`;
    case "list":
      return listToXml(shape, value as unknown[], name, flattened);
    case "map":
      return mapToXml(shape, value as object, name, flattened);
    case "timestamp":
      return `<${name}>${textTimestamp(toDate(value), shape.format ?? "date-time")}</${name}>`;
    case "blob":
      return `<${name}>${Buffer.from(value as Uint8Array).toString("base64")}</${name}>`;
    default:
      return element(name, String(value));
  }
}

function listToXml(shape: ListShape, items: readonly unknown[], name: string, flattened: boolean): string {
  const itemName = flattened ? name : (shape.member.xmlName ?? "member");
  let text = "";
  for (const item of items) if (item !== undefined && item !== null) text += toXml(shape.member.shape, item, itemName, false);
  return flattened ? text : `<${name}>${text}</${name}>`;
}

function mapToXml(shape: MapShape, entries: object, name: string, flattened: boolean): string {
  const entryName = flattened ? name : "entry";
  let text = "";
  for (const [key, item] of Object.entries(entries)) {
    const value = toXml(shape.value.shape, item, shape.value.xmlName ?? "value", false);
    text += `<${entryName}>${element(shape.key.xmlName ?? "key", key)}${value}</${entryName}>`;
  }
  return flattened ? text : `<${name}>${text}</${name}>`;
}
