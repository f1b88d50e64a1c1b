// Asserting EC2's error codes and texts.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";

/** Fails unless `promise` rejects with an AwsError of this code and, if given, text. */
export async function rejectsWith(promise: Promise<unknown>, code: string, message?: string | RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof AwsError, `not an AwsError: ${String(error)}\n${(error as Error).stack}`);
    assert.equal(error.code, code, error.message);
    if (typeof message === "string") assert.equal(error.message, message);
    else if (message) assert.match(error.message, message);
    return true;
  });
}
