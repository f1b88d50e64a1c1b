// Every combination of endpoint access against addresses inside and outside.
import assert from "node:assert/strict";
import { test } from "node:test";
import { admitsConnection } from "./endpoint-admission.ts";

const cases: [isPublic: boolean, isPrivate: boolean, cidrs: string[], remote: string | undefined, admitted: boolean][] = [
  [true, false, ["0.0.0.0/0"], "127.0.0.1", true],
  [true, false, ["0.0.0.0/0"], "203.0.113.5", true],
  [true, false, ["203.0.113.0/24"], "203.0.113.5", true],
  [true, false, ["203.0.113.0/24"], "203.0.114.5", false],
  [true, false, ["203.0.113.0/24"], "127.0.0.1", false],
  [true, false, ["203.0.113.0/24"], "::1", false],
  [true, true, ["203.0.113.0/24"], "127.0.0.1", true],
  [true, true, ["203.0.113.0/24"], "::1", true],
  [true, true, ["203.0.113.0/24"], "::ffff:127.0.0.1", true],
  [true, true, ["203.0.113.0/24"], "::ffff:203.0.113.9", true],
  [true, true, ["203.0.113.0/24"], "198.51.100.1", false],
  [false, true, ["0.0.0.0/0"], "127.0.0.1", true],
  [false, true, ["0.0.0.0/0"], "203.0.113.5", false],
  [true, false, ["0.0.0.0/0", "2001:db8::/32"], "2001:db8::1", true],
  [true, false, ["0.0.0.0/0"], "2001:db8::1", false],
  [true, false, ["0.0.0.0/0"], undefined, false],
  [true, false, ["0.0.0.0/0"], "nonsense", false],
];

test("who may connect", () => {
  for (const [endpointPublicAccess, endpointPrivateAccess, publicAccessCidrs, remote, admitted] of cases) {
    const facts = { endpointPublicAccess, endpointPrivateAccess, publicAccessCidrs };
    assert.equal(admitsConnection(facts, remote), admitted, JSON.stringify([facts, remote]));
  }
});
