// What merge algorithms need to know of a type: shape, list and map kinds, patch strategies.
import type { Json } from "./json.ts";

/** A node of a kind's type tree. Nodes are shared and immutable. */
export interface TypeNode {
  /** `any`: nothing is known; objects merge member by member, lists are atomic. */
  readonly shape: "scalar" | "object" | "map" | "list" | "any";
  /** For scalars: what their JSON must be; undefined: any scalar, as for quantities and numbers or texts. */
  readonly scalar: "string" | "numeric" | "boolean" | undefined;
  /** Objects and maps that are one value for ownership (x-kubernetes-map-type: atomic). */
  readonly atomic: boolean;
  /** For lists: x-kubernetes-list-type. */
  readonly listType: "atomic" | "set" | "map";
  readonly listKeys: readonly string[];
  /** Defaults of list keys that items may omit (`protocol: TCP`). */
  readonly keyDefaults: Readonly<Record<string, Json>>;
  /** Strategic merge patch: lists merge instead of being replaced, by this key of their items. */
  readonly patchMerge: boolean;
  /** Strategic merge patch: an object that is replaced as a whole (patchStrategy replace). */
  readonly patchReplace: boolean;
  readonly patchKey: string | undefined;
  /** Go writes the member even when it is empty, so that its appearance is no change. */
  readonly alwaysPresent: boolean;
  /** Type of a member; undefined when the type does not declare it. */
  field(name: string): TypeNode | undefined;
  /** Type of map values or list items. */
  readonly element: TypeNode | undefined;
}

const none: readonly string[] = [];

/** Makes a node, with the neutral value for everything left out. */
export function typeNode(facts: Partial<TypeNode> & { readonly shape: TypeNode["shape"] }): TypeNode {
  return {
    scalar: undefined,
    atomic: false,
    listType: "atomic",
    listKeys: none,
    keyDefaults: {},
    patchMerge: false,
    patchReplace: false,
    patchKey: undefined,
    alwaysPresent: false,
    field: () => undefined,
    element: undefined,
    ...facts,
  };
}

/** Nothing known. */
export const anyType: TypeNode = typeNode({ shape: "any" });

/** A leaf. */
export const scalarType: TypeNode = typeNode({ shape: "scalar" });

/** Leaves of one JSON type. */
export const scalarTypes = {
  string: typeNode({ shape: "scalar", scalar: "string" }),
  numeric: typeNode({ shape: "scalar", scalar: "numeric" }),
  boolean: typeNode({ shape: "scalar", scalar: "boolean" }),
} as const;

/** Type of a member of an object or map, `anyType` where nothing is known. */
export function memberType(type: TypeNode, name: string): TypeNode {
  return type.field(name) ?? type.element ?? anyType;
}
