// Columns of custom resources: additionalPrinterColumns of a CustomResourceDefinition's version.
import { since } from "./age.ts";
import { compileJsonPath } from "./jsonpath.ts";
import type { Cell, Column, Printer } from "./printer.ts";

/** An entry of `additionalPrinterColumns`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const ageColumn: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function text(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function cell(type: string, found: readonly unknown[], now: number): Cell {
  const [value] = found;
  if (found.length === 0 || value === undefined) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : since(value, now);
    default:
      return value === null ? null : found.map(text).join(" ");
  }
}

/** The printer of a custom resource; the name comes first always, the age alone follows when no columns are declared. */
export function customPrinter(declared: readonly PrinterColumn[] | undefined): Printer {
  const extra = declared && declared.length > 0 ? declared : [ageColumn];
  const nameColumn: Column = { name: "Name", type: "string", format: "name", description: "", priority: 0 };
  const shown: readonly Column[] = [
    nameColumn,
    ...extra.map(({ name, type, format = "", description = "", priority = 0 }) => ({ name, type, format, description, priority })),
  ];
  const paths = extra.map(({ jsonPath }) => compileJsonPath(jsonPath));
  return {
    columns: () => shown,
    cells: (object, { now }) => [
      object.metadata?.name ?? "",
      ...extra.map(({ type }, index) => cell(type, paths[index]?.(object) ?? [], now)),
    ],
  };
}
