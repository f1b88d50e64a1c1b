// Rows of resource metrics, as metrics-server prints them.
import { columns, type Printer } from "./printer.ts";

const list = columns("Name|cpu|memory|Window");
const cores = (amount: number) => `${amount}n`;
const bytes = (amount: number) => `${amount}Ki`;

function total(containers: readonly any[], resource: string): number {
  return containers.reduce((sum: number, { usage }) => sum + Number.parseInt(usage[resource], 10), 0);
}

/** Printers by `group/Kind`. */
export const metricsPrinters: Readonly<Record<string, Printer>> = {
  "metrics.k8s.io/NodeMetrics": {
    columns: list,
    cells: ({ metadata, usage, window }) => [metadata.name, usage.cpu, usage.memory, window],
  },
  "metrics.k8s.io/PodMetrics": {
    columns: list,
    cells: ({ metadata, containers, window }) => [
      metadata.name,
      cores(total(containers, "cpu")),
      bytes(total(containers, "memory")),
      window,
    ],
  },
};
