// How activities say when something happened.

/** `At 2026-05-01T00:00:00Z` */
export const at = (now: number) => `At ${new Date(now).toISOString().replace(/\.\d+Z$/, "Z")}`;
