// Reading annotations of one prefix, with the errors that upstream's controller words.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { ModelError, type Scheme, type Texts } from "./model.ts";

/** The annotations of an object under a prefix such as `service.beta.kubernetes.io/aws-load-balancer-`. */
export class Annotations {
  readonly #prefix: string;
  readonly #all: Texts;

  constructor(object: Pick<KubeObject, "metadata">, prefix: string) {
    this.#prefix = prefix;
    this.#all = object.metadata.annotations ?? {};
  }

  text(name: string): string | undefined {
    const value = this.#all[this.#prefix + name]?.trim();
    return value === "" ? undefined : value;
  }

  /** Values between commas; empty if there are none. */
  list(name: string): string[] {
    return (this.text(name) ?? "").split(",").flatMap((each) => each.trim() || []);
  }

  /** `key=value` pairs between commas. Throws ModelError. */
  map(name: string): Record<string, string> {
    const pairs = this.list(name).map((each): [string, string] => {
      const at = each.indexOf("=");
      const key = at < 0 ? "" : each.slice(0, at).trim();
      if (key === "") throw new ModelError(`failed to parse stringMap annotation, ${this.#prefix}${name}: ${this.text(name)}`);
      return [key, each.slice(at + 1).trim()];
    });
    return Object.fromEntries(pairs);
  }

  /** A whole number. Throws ModelError. */
  whole(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value)) throw new ModelError(`failed to parse int64 annotation, ${this.#prefix}${name}: ${value}`);
    return Number(value);
  }

  /** JSON. Throws ModelError. */
  json(name: string): unknown {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw new ModelError(`failed to parse json annotation, ${this.#prefix}${name}: ${value}`);
    }
  }
}

/** Throws ModelError. */
export function schemeOf(text: string | undefined): Scheme {
  if (text === undefined || text === "internal") return "internal";
  if (text === "internet-facing") return text;
  throw new ModelError(`unknown scheme: ${text}`);
}

/** Throws ModelError. */
export function targetTypeOf(text: string | undefined): "ip" | "instance" {
  if (text === undefined || text === "ip") return "ip";
  if (text === "instance") return text;
  throw new ModelError(`unsupported targetType: ${text}`);
}

/** Addresses of targets: those of pods, or the IPv4 ones of nodes. Throws ModelError if the load balancer cannot reach them. */
export function targetAddressType(ipv6: boolean, targetType: "ip" | "instance", balancer: string): "ipv4" | "ipv6" {
  if (!ipv6 || targetType === "instance") return "ipv4";
  if (balancer === "ipv4") throw new ModelError("unsupported IPv6 configuration, lb not dual-stack");
  return "ipv6";
}

/** Throws ModelError for an address type that the kind of load balancer does not have. */
export function addressTypeOf(text: string | undefined, kind: "application" | "network") {
  if (text === undefined || text === "ipv4") return "ipv4" as const;
  if (text === "dualstack") return text;
  if (text === "dualstack-without-public-ipv4" && kind === "application") return text;
  throw new ModelError(`unknown IPAddressType: ${text}`);
}
