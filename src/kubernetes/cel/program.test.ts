// Expressions: Kubernetes' functions, errors, and a bound on work.
import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentOf } from "./environment.ts";
import { compile } from "./program.ts";

const environment = environmentOf({ self: "dyn" });
function value(source: string, self: unknown = {}): unknown {
  const program = compile(environment, source);
  if ("error" in program) return program.error;
  const outcome = program.run({ self });
  return "error" in outcome ? outcome.error : outcome.value;
}

const cases: [string, unknown, unknown?][] = [
  ["quantity('1Gi').isGreaterThan(quantity('1G'))", true],
  ["quantity('1500m').asInteger()", "cannot convert value to integer"],
  ["isQuantity('x') || isQuantity('1Ki')", true],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP('11.0.0.1')", true],
  ["string(ip('2001:db8:0:0:1:0:0:1'))", "2001:db8::1:0:0:1"],
  ["ip('127.0.0.1').isLoopback() && ip('::1').family() == 6", true],
  ["url('https://a.example:8443/x?y=1').getPort()", "8443"],
  ["[3, 1, 2].max() + [1, 2].sum() + [5].min()", 11n],
  ["['a', 'b'].isSorted() && ['b', 'a', 'b'].lastIndexOf('b') == 2", true],
  ["sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1]) && !sets.contains([1], [2])", true],
  ["'abc-123'.find('[0-9]+') + 'a1b2'.findAll('[0-9]', 1)[0]", "1231"],
  ["format.dns1123Label().validate('Bad').hasValue()", true],
  ["self.matches('^(a+)+$')", false, `${"a".repeat(5000)}!`],
  ["self.all(a, self.exists(b, a == b))", true, [1n, 2n]],
  ["self.all(a, self.all(b, self.all(c, true)))", "operation cancelled: actual cost limit exceeded", Array(1000).fill(1n)],
  ["self.x", "no such key: x"],
  ["1 / 0", "division by zero"],
];
for (const [source, expected, self] of cases) {
  test(source, () => assert.deepEqual(value(source, self), expected));
}
