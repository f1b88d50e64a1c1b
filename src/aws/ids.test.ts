import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom } from "../base/random.ts";
import { accessKeyId, clusterHexId, ec2Id, iamId, podIdentityAssociationId, secretAccessKey, uuid } from "./ids.ts";

const forms: [make: (random: Random) => string, form: RegExp][] = [
  [uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  [podIdentityAssociationId, /^a-[a-z0-9]{17}$/],
  [clusterHexId, /^[0-9A-F]{32}$/],
  [(random) => ec2Id("vpc", random), /^vpc-0[0-9a-f]{16}$/],
  [(random) => iamId("AROA", random), /^AROA[A-Z2-7]{17}$/],
  [(random) => accessKeyId("ASIA", random), /^ASIA[A-Z2-7]{16}$/],
  [secretAccessKey, /^[A-Za-z0-9+/]{40}$/],
];

for (const [make, form] of forms) {
  test(`identifiers of the form ${form.source} repeat from a seed and differ otherwise`, () => {
    const random = seededRandom(1);
    const made = Array.from({ length: 50 }, () => make(random));
    for (const id of made) assert.match(id, form);
    assert.equal(new Set(made).size, made.length);
    assert.equal(make(seededRandom(1)), made[0]);
  });
}
