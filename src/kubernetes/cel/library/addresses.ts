// Kubernetes' IP and CIDR functions for CEL.
import type { Environment } from "@marcbachmann/cel-js";
import { type Address, addressText, parseAddress, parseBlock } from "./address.ts";

/** An IP address in CEL. */
class CelIp {
  readonly address: Address;

  constructor(address: Address) {
    this.address = address;
  }
}

/** A CIDR block in CEL. */
class CelBlock {
  readonly address: Address;
  readonly length: number;

  constructor(address: Address, length: number) {
    this.address = address;
    this.length = length;
  }
}

function ipOf(text: string): CelIp {
  const address = parseAddress(text);
  if (!address) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new CelIp(address);
}

function blockOf(text: string): CelBlock {
  const block = parseBlock(text);
  if (!block) throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return new CelBlock(block.address, block.length);
}

const within = (block: CelBlock, address: Address) => {
  if (block.address.bits !== address.bits) return false;
  const shift = BigInt(address.bits - block.length);
  return block.address.value >> shift === address.value >> shift;
};
const inside = (address: Address, ...blocks: string[]) => blocks.some((text) => within(blockOf(text), address));
const masked = ({ address, length }: CelBlock) => {
  const shift = BigInt(address.bits - length);
  return new CelBlock({ ...address, value: (address.value >> shift) << shift }, length);
};
const sameAddress = (a: Address, b: Address) => a.bits === b.bits && a.value === b.value;

/** Registers ip, isIP, ip.isCanonical, cidr, isCIDR and what addresses and blocks answer. */
export function registerAddresses(environment: Environment): void {
  environment
    .registerType("IP", CelIp)
    .registerType("CIDR", CelBlock)
    .registerFunction("ip(string): IP", ipOf)
    .registerFunction("isIP(string): bool", (text: string) => parseAddress(text) !== undefined)
    .registerFunction("string(IP): string", ({ address }: CelIp) => addressText(address))
    .registerFunction("IP.family(): int", ({ address }: CelIp) => (address.bits === 32 ? 4n : 6n))
    .registerFunction("IP.isUnspecified(): bool", ({ address }: CelIp) => address.value === 0n)
    .registerFunction("IP.isLoopback(): bool", ({ address }: CelIp) => inside(address, "127.0.0.0/8", "::1/128"))
    .registerFunction("IP.isLinkLocalMulticast(): bool", ({ address }: CelIp) => inside(address, "224.0.0.0/24", "ff02::/16"))
    .registerFunction("IP.isLinkLocalUnicast(): bool", ({ address }: CelIp) => inside(address, "169.254.0.0/16", "fe80::/10"))
    .registerFunction(
      "IP.isGlobalUnicast(): bool",
      ({ address }: CelIp) =>
        address.value !== 0n &&
        !inside(address, "127.0.0.0/8", "224.0.0.0/4", "169.254.0.0/16", "255.255.255.255/32", "::1/128", "ff00::/8", "fe80::/10"),
    )
    .registerOperator("IP == IP", (a: CelIp, b: CelIp) => sameAddress(a.address, b.address))
    .registerFunction("cidr(string): CIDR", blockOf)
    .registerFunction("isCIDR(string): bool", (text: string) => parseBlock(text) !== undefined)
    .registerFunction("string(CIDR): string", ({ address, length }: CelBlock) => `${addressText(address)}/${length}`)
    .registerFunction("CIDR.containsIP(IP): bool", (block: CelBlock, { address }: CelIp) => within(block, address))
    .registerFunction("CIDR.containsIP(string): bool", (block: CelBlock, text: string) => within(block, ipOf(text).address))
    .registerFunction("CIDR.containsCIDR(CIDR): bool", (a: CelBlock, b: CelBlock) => a.length <= b.length && within(a, b.address))
    .registerFunction("CIDR.containsCIDR(string): bool", (a: CelBlock, text: string) => {
      const b = blockOf(text);
      return a.length <= b.length && within(a, b.address);
    })
    .registerFunction("CIDR.ip(): IP", ({ address }: CelBlock) => new CelIp(address))
    .registerFunction("CIDR.masked(): CIDR", masked)
    .registerFunction("CIDR.prefixLength(): int", ({ length }: CelBlock) => BigInt(length))
    .registerOperator("CIDR == CIDR", (a: CelBlock, b: CelBlock) => a.length === b.length && sameAddress(a.address, b.address));
}
