import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../api/object.ts";
import { type ScriptedCommand, scriptedCommand } from "./scripted-exec.ts";

const script = (text: string): KubeObject =>
  ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", annotations: { "simulate.atoll.dev/c.exec": text } } }) as unknown as KubeObject;
const prints = (stdout: string, stderr = "", code = 0): ScriptedCommand => ({ stdout, stderr, code });

const cases: [string, string, string[], ScriptedCommand | undefined][] = [
  ["a text", '{"ls -l": "a\\n"}', ["ls", "-l"], prints("a\n")],
  ["an object", '{"x": {"stderr": "no\\n", "exit": 2}}', ["x"], prints("", "no\n", 2)],
  ["any other command", '{"x": "1", "*": "2"}', ["y"], prints("2")],
  ["the named one first", '{"*": "2", "x": "1"}', ["x"], prints("1")],
  ["another command", '{"x": "1"}', ["y"], undefined],
  ["no inherited member", "{}", ["constructor"], undefined],
  ["a list", "[]", ["x"], undefined],
  ["no JSON", "x: 1", ["x"], undefined],
  ["a number", '{"x": 1}', ["x"], undefined],
  ["null", '{"x": null}', ["x"], undefined],
  ["an exit code out of range", '{"x": {"exit": 256}}', ["x"], undefined],
  ["output that is no text", '{"x": {"stdout": 1}}', ["x"], undefined],
];
for (const [title, text, command, expected] of cases)
  test(title, () => assert.deepEqual(scriptedCommand(script(text), "c", command), expected));

test("another container has no script", () => assert.equal(scriptedCommand(script('{"*": ""}'), "d", ["x"]), undefined));
