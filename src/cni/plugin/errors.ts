// What a CNI plugin prints when it fails (CNI specification 1.1, "Error").

/** Codes of the specification; 999 is what Go's library gives errors without one. */
export const CODES = { incompatible: 1, environment: 4, decoding: 6, internal: 999 } as const;

/** A refusal with its code. */
export class CniError extends Error {
  readonly code: number;
  readonly details: string;

  constructor(message: string, code: number = CODES.internal, details = "") {
    super(message);
    this.code = code;
    this.details = details;
  }
}
