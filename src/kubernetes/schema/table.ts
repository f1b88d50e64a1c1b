// The generated table of Kubernetes' Go types, loaded once (scripts/kubernetes-schema writes it).
import data from "./data/kubernetes.json" with { type: "json" };

/** Names and numbers of the Go types. Grammar of the lines: line.ts. */
export interface SchemaTable {
  /** apiVersion → kind → type name. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Type name → a struct's field lines, or what the name stands for (`string Always IfNotPresent Never`). */
  readonly types: Readonly<Record<string, readonly string[] | string>>;
}

export const table = data as unknown as SchemaTable;
