// The one error of AWS-side code. The gateway alone gives it wire form.

/** A modelled service error. `code` is the exception's name on the wire, `fields` its other members. */
export class AwsError extends Error {
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** HTTP status where the model does not fix it. */
  readonly status: number | undefined;

  constructor(code: string, message: string, fields: Readonly<Record<string, unknown>> = {}, status?: number) {
    super(message);
    this.name = code;
    this.code = code;
    this.fields = fields;
    this.status = status;
  }
}
