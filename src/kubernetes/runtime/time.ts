// Times as Kubernetes writes them.

export { microTimestamp, timestamp } from "../api/json.ts";

/** Milliseconds since the epoch of a metav1.Time; 0 if absent. */
export function parseTime(text: string | undefined | null): number {
  return text ? Date.parse(text) : 0;
}

/** A Go duration as its String method prints it, for whole seconds: `40s`, `1m40s`, `1h0m0s`. */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours) return `${hours}h${minutes}m${rest}s`;
  return minutes ? `${minutes}m${rest}s` : `${rest}s`;
}
