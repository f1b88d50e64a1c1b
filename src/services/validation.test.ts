import assert from "node:assert/strict";
import { test } from "node:test";
import { type Constraint, validate } from "./validation.ts";

const pattern = "[\\w+=,.@-]*";
const cases: [string, Constraint[], string][] = [
  [
    "pattern",
    [{ member: "roleSessionName", value: "a b", pattern }],
    `1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
  ],
  [
    "too short",
    [{ member: "x", value: "a", min: 2 }],
    "1 validation error detected: Value 'a' at 'x' failed to satisfy constraint: Member must have length greater than or equal to 2",
  ],
  [
    "number",
    [{ member: "durationSeconds", value: 43201, max: 43200 }],
    "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
  ],
  [
    "enum",
    [{ member: "status", value: "On", oneOf: ["Active", "Inactive"] }],
    "1 validation error detected: Value 'On' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
  ],
  [
    "list",
    [{ member: "l", value: ["a", "b"], max: 1 }],
    "1 validation error detected: Value '[a, b]' at 'l' failed to satisfy constraint: Member must have length less than or equal to 1",
  ],
  [
    "secret",
    [{ member: "t", value: "abc", min: 4, secret: true }],
    "1 validation error detected: Value at 't' failed to satisfy constraint: Member must have length greater than or equal to 4",
  ],
  [
    "two",
    [
      { member: "a", value: "", min: 1 },
      { member: "b", value: "", min: 1 },
    ],
    "2 validation errors detected: Value '' at 'a' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'b' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
];

for (const [name, constraints, message] of cases) {
  test(`constraint: ${name}`, () => assert.throws(() => validate(...constraints), { code: "ValidationError", status: 400, message }));
}

test("absent and fitting values pass", () => {
  validate(
    { member: "a", value: undefined, min: 1 },
    { member: "b", value: "ok", min: 2, max: 2, pattern },
    { member: "c", value: 900, min: 900 },
  );
});

test("a pattern looks at the whole value, line ends included", () => {
  assert.throws(() => validate({ member: "a", value: "ok\n", pattern }), { code: "ValidationError" });
});
