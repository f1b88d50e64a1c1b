// What prints a kind: its columns and a function from object to cells.

/** A column of a metav1.Table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown; 1 only by `-o wide`. */
  readonly priority: number;
}

/** What cells may depend on. */
export interface PrintContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The server's Kubernetes 1.x minor. */
  readonly minor: number;
}

/** A condition of a row: kubectl dims completed pods by it. */
export interface RowCondition {
  readonly type: "Completed";
  readonly status: "True";
  readonly reason: string;
  readonly message: string;
}

/** A value of a cell. */
export type Cell = string | number | boolean | null;

/** Prints objects of one kind. */
export interface Printer {
  columns(minor: number): readonly Column[];
  cells(object: any, context: PrintContext): readonly Cell[];
  conditions?(object: any): readonly RowCondition[] | undefined;
  /** The order of rows, where it is not that of the list. */
  compare?(a: any, b: any): number;
}

/**
 * Columns from a compact list: `Name|Ready|Allowed Disruptions:integer|IP+`. `+` marks a wide column, `:type` another type than string,
 * `>=31` a column that older minors lack. The Name column has format `name`.
 */
export function columns(list: string): (minor: number) => readonly Column[] {
  const parsed = list.split("|").map((item) => {
    const [, name = "", type, wide, from] = /^([^:+>]+)(?::(\w+))?(\+)?(?:>=(\d+))?$/.exec(item) ?? [];
    return {
      from: Number(from ?? 0),
      column: { name, type: type ?? "string", format: name === "Name" ? "name" : "", description: "", priority: wide ? 1 : 0 },
    };
  });
  return (minor) => parsed.filter((column) => minor >= column.from).map(({ column }) => column);
}
