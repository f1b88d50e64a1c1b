// Removes members marked sensitive from what is recorded and logged (CloudTrail User Guide, redacted fields).
import { getOwn, setOwn } from "./record.ts";
import type { Shape } from "./shape.ts";

/** What stands in for a sensitive value; `undefined` leaves the member out, as IAM and STS do. */
export type Mask = string | undefined;

/**
 * A copy of `value` without what is sensitive. `extra` names further members, as `Shape.member`.
 * Only members of the shape are copied. Moments stay Dates.
 */
export function maskSensitive(shape: Shape | undefined, value: unknown, mask: Mask, extra: ReadonlySet<string>): unknown {
  if (!shape || value === undefined || value === null) return undefined;
  switch (shape.kind) {
    case "structure":
    case "union": {
      const result: Record<string, unknown> = {};
      for (const member of shape.members) {
        const item = getOwn(value as object, member.name);
        if (item === undefined || item === null) continue;
        const hidden = member.sensitive || member.shape.sensitive || extra.has(`${shape.name}.${member.name}`);
        const copy = hidden ? mask : maskSensitive(member.shape, item, mask, extra);
        if (copy !== undefined) result[member.name] = copy;
      }
      return result;
    }
    case "list": {
      const element = shape.member.shape;
      const copies = (value as unknown[]).map((item) => (element.sensitive ? mask : maskSensitive(element, item, mask, extra)));
      return copies.filter((item) => item !== undefined);
    }
    case "map": {
      const result = {};
      const hidden = shape.value.shape.sensitive;
      for (const [key, item] of Object.entries(value as object)) {
        const copy = hidden ? mask : maskSensitive(shape.value.shape, item, mask, extra);
        if (copy !== undefined) setOwn(result, key, copy);
      }
      return result;
    }
    default:
      return value;
  }
}
