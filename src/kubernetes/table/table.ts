// Objects as a metav1.Table: what `kubectl get` prints.
import { clusterPrinters } from "./cluster.ts";
import { corePrinters } from "./core.ts";
import { customPrinter, type PrinterColumn } from "./custom.ts";
import { metricsPrinters } from "./metrics.ts";
import { networkPrinters } from "./network.ts";
import { type MetaVersion, partialMetadata } from "./partial.ts";
import { podPrinter } from "./pod.ts";
import { type Cell, type Column, columns, type Printer, type RowCondition } from "./printer.ts";
import { workloadPrinters } from "./workloads.ts";

/** How much of each object a row carries. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** What a table is made for. */
export interface TableOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly includeObject?: IncludeObject;
  readonly version?: MetaVersion;
  /** The list's metadata: resourceVersion, continue, remainingItemCount. */
  readonly metadata?: object;
  /** The server's Kubernetes 1.x minor; decides a few columns. */
  readonly minor?: number;
  /** Leaves the columns out: every table of a watch after its first. */
  readonly noHeaders?: boolean;
}

/** Which printer: a built-in kind's, or a custom resource's with its declared columns. */
export interface Printable {
  readonly group: string;
  readonly kind: string;
  /** `additionalPrinterColumns`, possibly empty, for custom resources; undefined for built-in kinds. */
  readonly printerColumns?: readonly PrinterColumn[];
}

/** A metav1.Table. */
export interface Table {
  readonly kind: "Table";
  readonly apiVersion: string;
  readonly metadata: object;
  readonly columnDefinitions: readonly Column[] | null;
  readonly rows: readonly { readonly cells: readonly Cell[]; readonly conditions?: readonly RowCondition[]; readonly object?: unknown }[];
}

const printers: ReadonlyMap<string, Printer> = new Map(
  Object.entries({ "/Pod": podPrinter, ...corePrinters, ...workloadPrinters, ...networkPrinters, ...clusterPrinters, ...metricsPrinters }),
);

/** Kinds without a printer of their own: roles, limit ranges, custom resource definitions. */
const plainPrinter: Printer = {
  columns: (minor) => columns("Name|Created At:date")(minor),
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? "<unknown>"],
};

const statusPrinter: Printer = {
  columns: columns("Status|Reason|Message"),
  cells: ({ status, reason, message }) => [status ?? "", reason ?? "", message ?? ""],
};

const customPrinters = new WeakMap<readonly PrinterColumn[], Printer>();
const noColumns: readonly PrinterColumn[] = [];

function printerOf({ group, kind, printerColumns }: Printable): Printer {
  const own = printers.get(`${group}/${kind}`);
  if (own && printerColumns === undefined) return own;
  if (printerColumns === undefined) return kind === "Status" ? statusPrinter : plainPrinter;
  const list = printerColumns.length === 0 ? noColumns : printerColumns;
  let printer = customPrinters.get(list);
  if (printer === undefined) {
    printer = customPrinter(list);
    customPrinters.set(list, printer);
  }
  return printer;
}

const newest = 1000;

/**
 * Prints objects of one kind as a Table, in the given order (flow schemas: in that of their precedence). Objects are not changed; with `includeObject: "Object"` rows share them.
 */
export function toTable(resource: Printable, objects: readonly any[], options: TableOptions): Table {
  const { now, includeObject = "Metadata", version = "v1", metadata = {}, minor = newest, noHeaders = false } = options;
  const printer = printerOf(resource);
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: noHeaders ? null : printer.columns(minor),
    rows: (printer.compare ? objects.toSorted(printer.compare) : objects).map((object) => {
      const conditions = printer.conditions?.(object);
      return {
        cells: printer.cells(object, { now, minor }),
        ...(conditions ? { conditions } : {}),
        ...(includeObject === "None" ? {} : { object: includeObject === "Object" ? object : partialMetadata(object, version) }),
      };
    }),
  };
}
