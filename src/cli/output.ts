// What commands print: text for people, one JSON document for programs.

/** Chosen with `--output`. */
export type OutputFormat = "text" | "json";

/** Prints `value` as JSON, or what `text` makes of it. */
export function print<T>(format: OutputFormat, value: T, text: (value: T) => string): void {
  process.stdout.write(format === "json" ? `${JSON.stringify(value, undefined, 2)}\n` : `${text(value)}\n`);
}

/** Rows in columns, two spaces apart. The first row is the heading. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `export NAME='value'` lines, safe to eval in a POSIX shell. */
export function exports(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${/^[\w@%+=:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`)
    .join("\n");
}
