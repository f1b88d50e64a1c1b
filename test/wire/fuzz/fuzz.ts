// Every operation of every service, over the wire, with inputs nobody means: what must hold of each answer.
import assert from "node:assert/strict";
import { type LoadedModel, loadModel, modelOf } from "../../../src/aws/models/index.ts";
import type { WireRequest } from "../../../src/aws/protocol/wire.ts";
import type { Log } from "../../../src/base/log.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Entry, Store } from "../../../src/store/store.ts";
import { startTestAtoll, type TestAtoll } from "../../support/atoll.ts";
import { createCluster, createNetwork, createRoles } from "../../support/scenario.ts";
import { hostileInput, type Source, spoiledForm, spoiledJson } from "./hostile-value.ts";
import { requestMaker, type Sent, send } from "./send.ts";

/** What was sent, and how it was answered. */
export interface Tally {
  operations: number;
  requests: number;
  accepted: number;
  refused: number;
}

/** Codes that every service may answer, whatever its model says (AWS Common Errors; the gateway's own refusals). */
const COMMON =
  /^(AccessDenied|AccessDeniedException|ValidationException|ValidationError|SerializationException|MalformedInput|MalformedQueryString|InvalidParameterCombination|InvalidParameterValue|MissingParameter|NotImplemented|UnknownOperationException|InvalidAction|RequestEntityTooLarge|RequestEntityTooLargeException)$/;
/** What refused calls leave behind all the same: their record, and when a key was last used. */
const TRACES = /^(cloudtrail|iam\/(key-use|usage|role-use))/;

/** Sends `rounds` inputs to each implemented operation and checks every answer. Throws at the first broken promise, with the request. */
export async function fuzzServices(rounds: number, seed: number): Promise<Tally> {
  const complaints: unknown[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (fields) => void complaints.push(fields), child: () => log };
  const atoll = await startTestAtoll({ log });
  const tally: Tally = { operations: 0, requests: 0, accepted: 0, refused: 0 };
  try {
    await furnish(atoll);
    for (const [service, { operations }] of atoll.atoll.services) {
      // No SDK client of its own; its one operation is fuzzed with hostile tokens in test/identity.
      if (service === "eks-auth") continue;
      const model = await loadModel(modelOf(service));
      const make = await requestMaker(service);
      const source: Source = { random: seededRandom(seed), known: knownNames(atoll.atoll.stores.aws) };
      for (const operation of Object.keys(operations)) {
        tally.operations++;
        for (let round = 0; round < rounds; round++) {
          const request = await spoiled(model, make, operation, source, round % 3 === 2);
          if (!request) continue;
          const sent = await sendWatched(atoll, model, request);
          tally.requests++;
          tally[sent.status < 400 ? "accepted" : "refused"]++;
          judge(service, operation, model, request, sent, complaints);
        }
      }
    }
    return tally;
  } finally {
    await atoll.close();
  }
}

/** Something of most kinds, so that requests reach what is there. */
async function furnish({ clients }: TestAtoll): Promise<void> {
  const network = await createNetwork(clients.ec2);
  const roles = await createRoles(clients.iam);
  await createCluster(clients.eks, "dev", roles.cluster, network.subnets);
}

async function spoiled(
  { model, shapes }: LoadedModel,
  make: (operation: string, input: object) => Promise<WireRequest | undefined>,
  operation: string,
  source: Source,
  ofAnotherType: boolean,
): Promise<WireRequest | undefined> {
  const shape = shapes.operations.get(operation)?.input;
  const request = await make(operation, shape ? (hostileInput(shape, source) ?? {}) : {});
  if (!request || !ofAnotherType || request.body.length === 0) return request;
  const text = Buffer.from(request.body).toString();
  const body = /Query$/.test(model.protocol) ? spoiledForm(text, source) : spoiledJson(text, source);
  return { ...request, body: Buffer.from(body) };
}

/** Sends, and again if a refusal seems to have written something: controllers write too, but not twice at that moment. */
async function sendWatched(atoll: TestAtoll, model: LoadedModel, request: WireRequest): Promise<Sent> {
  for (let attempt = 0; ; attempt++) {
    const { aws } = atoll.atoll.stores;
    const before = aws.revision;
    const sent = await send(atoll.connection.endpoint, atoll.root, model, request);
    if (sent.status < 400) return sent;
    const written = [...aws.changedSince("", before).keys()].filter((key) => !TRACES.test(key));
    if (written.length === 0) return sent;
    assert.ok(attempt < 2, `${printed(request)} was refused (${sent.code}) and wrote ${written.join(", ")}`);
  }
}

function judge(service: string, operation: string, { shapes }: LoadedModel, request: WireRequest, sent: Sent, complaints: unknown[]): void {
  const place = `${service} ${operation}: ${printed(request)} was answered ${sent.status} ${sent.text.slice(0, 500)}`;
  assert.deepEqual(complaints, [], place);
  assert.ok(sent.status < 500, place);
  // A path too long for HTTP is refused before any service sees it.
  if (sent.status < 400 || sent.status === 431) return;
  assert.ok(sent.code, place);
  assert.doesNotMatch(sent.code, /^Internal/, place);
  // EC2's model has no errors.
  if (service === "ec2") assert.match(sent.code, /^[A-Z][A-Za-z]+(\.[A-Za-z]+)*$/, place);
  else assert.ok(shapes.errors.has(sent.code) || COMMON.test(sent.code), place);
}

function printed({ method, path, query, body }: WireRequest): string {
  return `${method} ${path.slice(0, 500)}?${query.slice(0, 500)} ${Buffer.from(body).toString().slice(0, 1500)}`;
}

/** Ids, names and ARNs out of what is stored. */
function knownNames(store: Store): string[] {
  const names = new Set<string>();
  for (const { key, value } of store.list("") as Entry[]) {
    if (TRACES.test(key)) continue;
    for (const [, text] of Buffer.from(value)
      .toString()
      .matchAll(/"([\w:/.@+=,*-]{2,120})"/g))
      if (names.size < 3000) names.add(text as string);
  }
  return [...names];
}
