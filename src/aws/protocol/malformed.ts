// What codecs throw when bytes do not fit a shape. Each service says it in its own words (models).

/** A request that cannot be read. `path` is the member's place, empty for the whole message. */
export class MalformedRequest extends Error {
  readonly path: string;
  /** What should have been there: `number`, `list`, `JSON` … */
  readonly expected: string;
  readonly value: string | undefined;

  constructor(path: string, expected: string, value?: unknown) {
    super(path ? `${path} must be a ${expected}` : `the request is not valid ${expected}`);
    this.path = path;
    this.expected = expected;
    this.value = typeof value === "string" ? value.slice(0, 256) : undefined;
  }
}

/** Deepest nesting that codecs follow; recursive shapes would let a caller exhaust the stack otherwise. */
export const MAX_DEPTH = 64;
