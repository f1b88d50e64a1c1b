// A question that cannot be planned.

/** The message says what to change. */
export class PlanError extends Error {}
