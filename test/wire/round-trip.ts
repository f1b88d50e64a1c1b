// Every operation of a service, through its real SDK client: what the client sends is what handlers get, and what they return is what it sees.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";
import { type LoadedModel, loadModel, modelOf } from "../../src/aws/models/index.ts";
import type { ErrorShape, OperationShape } from "../../src/aws/protocol/shape.ts";
import type { WireRequest, WireResponse } from "../../src/aws/protocol/wire.ts";
import { type Random, randomInt, seededRandom } from "../../src/base/random.ts";
import { comparable, generate, text } from "./support/generate.ts";
import { sdkClient } from "./support/sdk.ts";

const SEEDS = 5;

/** How many operations and messages went to and fro. */
export interface Tally {
  operations: number;
  messages: number;
  errors: number;
  streaming: string[];
}

/** Sends every operation of `service` with several seeds. Throws at the first difference. */
export async function roundTrip(service: string): Promise<Tally> {
  const loaded = await loadModel(modelOf(service));
  const tally: Tally = { operations: 0, messages: 0, errors: 0, streaming: [] };
  let planned: { operation: OperationShape; answer: object | AwsError; received?: unknown } | undefined;
  const { client, commands } = await sdkClient(service, (request) => {
    assert.ok(planned);
    planned.received = receive(loaded, planned.operation, request);
    return answer(loaded, planned.operation, planned.answer, request);
  });
  for (const [index, operation] of [...loaded.shapes.operations.values()].entries()) {
    if (operation.streaming) {
      tally.streaming.push(operation.name);
      continue;
    }
    tally.operations++;
    const Command = commands[`${operation.name}Command`] as new (input: object) => object;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed * 10_007 + index);
      const input = sample(operation.input, random);
      const output = sample(operation.output, random);
      planned = { operation, answer: output };
      const seen = await client.send(new Command({ ...input }));
      const place = `${service} ${operation.name}, seed ${seed}`;
      compare(planned.received, input, `input of ${place}`);
      compare({ ...seen, $metadata: undefined }, output, `output of ${place}`);
      tally.messages++;
      // EC2 models no errors: one made-up code per operation is enough.
      if (seed === 1 || loaded.shapes.errors.size > 0) tally.errors += await errorRoundTrip(seed);
    }

    async function errorRoundTrip(seed: number): Promise<number> {
      const random = seededRandom(seed * 20_011 + index);
      const shape = errorShape(loaded, random);
      const fields = shape ? (generate({ ...shape, members: shape.members.filter(notMessage) }, { random }) as object | undefined) : {};
      const error = new AwsError(shape?.code ?? "Some.Code", text(random), { ...fields }, 400);
      planned = { operation, answer: error };
      const seen = await client.send(new Command({ ...sample(operation.input, random) })).then(
        () => assert.fail("an error was expected"),
        (thrown: Error & { $metadata: { httpStatusCode: number } }) => thrown,
      );
      const place = `error ${error.code} of ${service} ${operation.name}, seed ${seed}`;
      assert.equal(seen.name, shape?.name ?? error.code, place);
      assert.equal(seen.message, error.message, place);
      const status = loaded.model.protocol === "awsJson1_1" ? (shape?.fault === "server" ? 500 : 400) : shape?.status;
      assert.equal(seen.$metadata.httpStatusCode, status ?? 400, place);
      for (const [name, value] of Object.entries(error.fields)) compare((seen as unknown as Record<string, unknown>)[name], value, place);
      return 1;
    }
  }
  return tally;
}

function notMessage({ name }: { readonly name: string }): boolean {
  return name.toLowerCase() !== "message";
}

function errorShape({ shapes }: LoadedModel, random: Random): ErrorShape | undefined {
  const all = [...new Set(shapes.errors.values())];
  return all[randomInt(random, Math.max(1, all.length))];
}

function sample(shape: OperationShape["input"], random: Random): object {
  return shape ? ((generate(shape, { random }) as object | undefined) ?? {}) : {};
}

function receive({ protocol, shapes, model }: LoadedModel, expected: OperationShape, request: WireRequest): object {
  const route = protocol.route(request, shapes, model.settings);
  assert.ok("operation" in route, `${expected.name} is not found at ${request.method} ${request.path}`);
  assert.equal(route.operation.name, expected.name);
  return protocol.decode(route, request);
}

function answer(
  { protocol, shapes, model }: LoadedModel,
  operation: OperationShape,
  value: object | AwsError,
  request: WireRequest,
): WireResponse {
  const context = { requestId: "00000000-0000-4000-8000-000000000000", settings: model.settings, shapes, request };
  return value instanceof AwsError ? protocol.encodeError(value, context) : protocol.encode(operation, value, context);
}

function compare(actual: unknown, expected: unknown, place: string): void {
  // The SDK adds a presigned URL to this one.
  if (place.includes("CopySnapshot") && place.startsWith("input")) {
    for (const value of [actual, expected] as Record<string, unknown>[]) {
      delete value.PresignedUrl;
      delete value.DestinationRegion;
    }
  }
  assert.deepEqual(comparable(actual), comparable(expected), place);
}
