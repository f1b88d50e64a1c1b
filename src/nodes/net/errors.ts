// A question about networks that cannot be answered.

/** The message says what to change. */
export class NetError extends Error {}
