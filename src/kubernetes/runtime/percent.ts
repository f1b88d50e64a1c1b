// Counts given as a number or as a percentage (IntOrString).

/** Resolves `4` or `"25%"` of `total`, rounding as asked. */
export function scaled(value: number | string | undefined, total: number, round: "up" | "down", otherwise: number | string = 0): number {
  const given = value ?? otherwise;
  if (typeof given === "number") return given;
  const percent = /^(\d+)%$/.exec(given);
  if (!percent) return /^\d+$/.test(given) ? Number(given) : 0;
  const exact = (Number(percent[1]) * total) / 100;
  return round === "up" ? Math.ceil(exact) : Math.floor(exact);
}
