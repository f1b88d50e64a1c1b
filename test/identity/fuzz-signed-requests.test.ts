// Header signatures under mutation: what was signed is accepted, and nothing that differs from it in any signed part.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFailure, readClaim, type SignedRequest, signRequest, verifyClaim } from "../../src/aws/sigv4.ts";

const RUNS = 1500;
const NOW = Date.parse("2026-01-05T09:12:44Z");
const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret/one" };
const CREDENTIAL = { ...KEYS, active: true };
const SCOPE = { region: "us-west-2", service: "eks", now: NOW };

interface Plan {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

// Dot segments are left out: URL resolves them before anything is signed.
const segment = fc
  .stringMatching(/^[a-zA-Z0-9._~%:@-]{1,12}$/)
  .filter((text) => !/^\.+$/.test(text))
  .map((text) => encodeURIComponent(text));
const plan: fc.Arbitrary<Plan> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
  path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
  query: fc.array(fc.tuple(segment, segment), { maxLength: 3 }).map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&")),
  body: fc.string({ maxLength: 200 }),
});

function sign({ method, path, query, body }: Plan): SignedRequest {
  const url = `http://127.0.0.1:4566${path}${query && `?${query}`}`;
  const headers = signRequest({ method, url, headers: { "content-type": "application/json" }, body }, KEYS, SCOPE);
  return { method, path, query, headers, body: Buffer.from(body) };
}

/** True if the request proves to come from the key's owner. */
function accepted(request: SignedRequest): boolean {
  const claim = readClaim(request);
  return !isFailure(claim) && claim.scope.accessKeyId === KEYS.accessKeyId && verifyClaim(request, claim, CREDENTIAL, NOW) === undefined;
}

const flip = (text: string, at: number): string => {
  const index = text.length === 0 ? 0 : at % text.length;
  return text.slice(0, index) + String.fromCharCode((text.charCodeAt(index) || 64) ^ 1) + text.slice(index + 1);
};

test("signed requests of every shape are accepted", () => {
  fc.assert(
    fc.property(plan, (request) => accepted(sign(request))),
    { numRuns: RUNS },
  );
});

const MUTATIONS: Readonly<Record<string, (request: SignedRequest, at: number) => SignedRequest>> = {
  method: (request, at) => ({ ...request, method: ["PATCH", "HEAD", "OPTIONS"][at % 3] as string }),
  "path character": (request, at) => ({ ...request, path: `/${flip(`${request.path.slice(1)}x`, at)}` }),
  "further path segment": (request) => ({ ...request, path: `${request.path === "/" ? "" : request.path}/more` }),
  "further query parameter": (request) => ({ ...request, query: request.query ? `${request.query}&z=1` : "z=1" }),
  body: (request, at) => ({ ...request, body: Buffer.concat([request.body, Buffer.from([at & 255])]) }),
  host: (request) => ({ ...request, headers: { ...request.headers, host: "evil.example" } }),
  "content type": (request) => ({ ...request, headers: { ...request.headers, "content-type": "text/plain" } }),
  date: (request, at) => ({ ...request, headers: { ...request.headers, "x-amz-date": `20260105T09124${at % 4}Z` } }),
  "authorization character": (request, at) => ({
    ...request,
    headers: { ...request.headers, authorization: flip(request.headers.authorization ?? "", at) },
  }),
  "signature of nothing": (request) => ({
    ...request,
    headers: { ...request.headers, authorization: request.headers.authorization?.replace(/Signature=.*/, "Signature=") },
  }),
  "no signed headers": (request) => ({
    ...request,
    headers: { ...request.headers, authorization: request.headers.authorization?.replace(/SignedHeaders=[^,]*/, "SignedHeaders=") },
  }),
  "another region": (request) => ({
    ...request,
    headers: { ...request.headers, authorization: request.headers.authorization?.replace("us-west-2", "us-east-1") },
  }),
  "another service": (request) => ({
    ...request,
    headers: { ...request.headers, authorization: request.headers.authorization?.replace("/eks/", "/iam/") },
  }),
};

for (const [name, mutate] of Object.entries(MUTATIONS)) {
  test(`refused when changed: ${name}`, () => {
    fc.assert(
      fc.property(plan, fc.nat(10_000), (request, at) => {
        const signed = sign(request);
        const changed = mutate(signed, at);
        assert.equal(accepted(changed), false, JSON.stringify({ signed, changed }));
      }),
      { numRuns: Math.floor(RUNS / 5) },
    );
  });
}

test("garbage in the header never throws and never passes", () => {
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `AWS4-HMAC-SHA256 ${text}`),
    fc.string().map((text) => `AWS4-HMAC-SHA256 Credential=${text}`),
  );
  fc.assert(
    fc.property(plan, header, (request, authorization) => {
      const signed = sign(request);
      return !accepted({ ...signed, headers: { ...signed.headers, authorization } });
    }),
    { numRuns: RUNS },
  );
});
