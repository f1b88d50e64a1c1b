// Addresses that endpoints may not have.
import { BlockList, isIP } from "node:net";
import { type FieldError, invalid } from "../../api/field-error.ts";

const blocks = (four: [string, number] | undefined, six: [string, number]): BlockList => {
  const list = new BlockList();
  if (four) list.addSubnet(...four, "ipv4");
  list.addSubnet(...six, "ipv6");
  return list;
};
const special: readonly (readonly [BlockList, string])[] = [
  [blocks(["127.0.0.0", 8], ["::1", 128]), "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [blocks(["169.254.0.0", 16], ["fe80::", 10]), "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [blocks(["224.0.0.0", 24], ["ff02::", 16]), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];
const unspecified = blocks(["0.0.0.0", 32], ["::", 128]);

/** Findings about an address nothing can be reached at from elsewhere. */
export function specialAddress(field: string, value: string): FieldError[] {
  const family = isIP(value) === 4 ? "ipv4" : "ipv6";
  if (!isIP(value) || value.includes("%")) return [invalid(field, value, "must be a valid IP address")];
  if (unspecified.check(value, family)) return [invalid(field, value, `may not be unspecified (${value})`)];
  return special.flatMap(([list, problem]) => (list.check(value, family) ? [invalid(field, value, problem)] : []));
}
