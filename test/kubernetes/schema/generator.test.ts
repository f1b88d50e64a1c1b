// The schema generator on a small Go package of our own.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readGoPackage } from "../../../scripts/kubernetes-schema/go-source.ts";
import { addChanges, addHistory, readGates } from "../../../scripts/kubernetes-schema/history.ts";
import { cdk8sRelease, clientNodeRelease, type Release, vectorRelease } from "../../../scripts/kubernetes-schema/releases.ts";
import { packageKey, renderDeclaration } from "../../../scripts/kubernetes-schema/render.ts";
import { applySupplement, readSupplement, type Table } from "../../../scripts/kubernetes-schema/supplement.ts";

const source = `package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const GroupName = "toys.example.com"

/* A block comment with { braces }. */

// +enum
type Colour string

const (
	// A comment.
	Red  Colour = "Red"
	Blue Colour = "Blue"
)

// +structType=atomic

// Ball rolls.
type Ball struct {
	metav1.TypeMeta \`json:",inline"\`
	// +optional
	metav1.ObjectMeta \`json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"\`

	// The colour. // want nothing
	// +default=ref(Red)
	Colour Colour \`json:"colour,omitempty" protobuf:"bytes,2,opt,name=colour"\`
	// +listType=map
	// +listMapKey=name
	// +listMapKey=size
	Parts []Part \`json:"parts,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name" protobuf:"bytes,3,rep,name=parts"\`
	Size *intstr.IntOrString \`json:"size" protobuf:"bytes,4,opt,name=size"\`
	Data map[string][]byte \`json:"data,omitempty" protobuf:"bytes,5,rep,name=data"\`
	hidden string
	Skipped string \`json:"-"\`
}

type Part struct{}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&Ball{},
		&BallList{},
	)
	return nil
}
`;

test("Go types become lines of the table", () => {
  const folder = mkdtempSync(join(tmpdir(), "atoll-go-"));
  try {
    writeFileSync(join(folder, "types.go"), source);
    writeFileSync(join(folder, "types_test.go"), "type Wrong struct {\n\tX chan int\n}\n");
    const declared = readGoPackage(folder);
    assert.equal(declared.groupName, "toys.example.com");
    assert.deepEqual(declared.kinds, ["Ball", "BallList"]);
    const render = (name: string) => renderDeclaration(declared.types.get(name)!, "toys.v1", declared);
    assert.equal(render("Colour"), "string Blue Red");
    assert.deepEqual(render("Part"), []);
    assert.deepEqual(render("Ball"), [
      "@map=atomic",
      "- 0 meta.v1.TypeMeta",
      "metadata 1 meta.v1.ObjectMeta omit opt",
      'colour 2 toys.v1.Colour omit def="Red"',
      "parts 3 []toys.v1.Part omit patch=merge,retainKeys:name list=map:name,size",
      "size 4 *intstr.IntOrString",
      "data 5 {}bytes omit",
    ]);
    assert.equal(declared.types.has("Wrong"), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("packages are named by group and version", () => {
  assert.equal(packageKey("k8s.io/api/core/v1"), "core.v1");
  assert.equal(packageKey("k8s.io/apimachinery/pkg/api/resource"), "resource");
});

test("the supplement adds types, fields, kinds and first minors", () => {
  const table: Table = {
    types: { "toys.v1.Ball": ["spec 1 *toys.v1.Spec omit"], "toys.v1.Spec": ["size 1 int32"] },
    kinds: {},
  };
  const text =
    "# comment\n[add toys.v1.Spec]\nsize 1 int64\ncolour 2 string omit\n[since 31]\ntoys.v1.Spec.colour\n[kinds toys/v1 toys.v1]\nBall BallList\n[alias toys.v1.Colour]\nstring Red\n";
  applySupplement(table, readSupplement(text));
  assert.deepEqual(table.types["toys.v1.Spec"], ["size 1 int64", "colour 2 string omit since=31"]);
  assert.deepEqual(table.kinds["toys/v1"], { Ball: "toys.v1.Ball", BallList: "toys.v1.BallList" });
  assert.equal(table.types["toys.v1.Colour"], "string Red");
  assert.throws(() => readSupplement("stray line"), /before the first section/);
  assert.throws(() => applySupplement(table, readSupplement("[add no.v1.Such]\na 1 string")), /no struct no.v1.Such/);
  assert.throws(() => applySupplement(table, readSupplement("[since 31]\ntoys.v1.Spec.weight")), /no field toys.v1.Spec.weight/);
});

test("a field's history comes from the releases that describe its type", () => {
  const table: Table = {
    types: {
      "toys.v1.Ball": ["spec 1 toys.v1.BallSpec", "- 0 toys.v1.Common"],
      "toys.v1.BallSpec": ["old 1 string omit", "young 2 int32 omit gate=Youth def=1", "gated 3 bool", "gone 4 bool since=30 until=32"],
      "toys.v1.Common": ["shared 4 string omit"],
      "toys.v1.Other": ["name 1 string"],
    },
    kinds: {},
  };
  const release = (spec: string[], ball: string[]): Release => {
    const types: Record<string, Set<string>> = { "toys.v1.BallSpec": new Set(spec), "toys.v1.Ball": new Set(ball) };
    return (name) => types[name];
  };
  const releases = new Map([
    [30, release(["old", "gated"], ["spec"])],
    [31, () => undefined],
    [32, release(["old", "gated", "young"], ["spec", "shared"])],
  ]);
  addHistory(table, releases, 33, readGates("# comment\nYouth 33\nGate never toys.v1.BallSpec.gated\n"));
  assert.deepEqual(table.types["toys.v1.BallSpec"], [
    "old 1 string omit",
    "young 2 int32 omit since=32 on=33 def=1",
    "gated 3 bool on=never",
    "gone 4 bool since=30 until=32",
  ]);
  assert.deepEqual(table.types["toys.v1.Common"], ["shared 4 string omit since=32"], "members of an embedded struct are its holder's");
  addChanges(table);
  assert.equal(table.types["toys.v1.Ball"]![0], "@minors=30,32,33");
  assert.equal(table.types["toys.v1.Other"]![0], "name 1 string");
});

test("releases are read from client libraries and vectors", () => {
  const folder = mkdtempSync(join(tmpdir(), "atoll-releases-"));
  try {
    mkdirSync(join(folder, "dist/gen/models"), { recursive: true });
    const model = (...names: string[]) => names.map((name) => `{ "name": "x", "baseName": "${name}", "type": "string" }`).join(",");
    writeFileSync(join(folder, "dist/gen/models/V1Ball.js"), model("spec", "$ref"));
    writeFileSync(join(folder, "dist/gen/models/CoreV1Event.js"), model("count"));
    const client = clientNodeRelease(folder);
    assert.deepEqual(client("toys.v1.Ball"), new Set(["spec", "$ref"]));
    assert.deepEqual(client("core.v1.Event"), new Set(["count"]));
    assert.equal(client("toys.v2.Ball"), undefined);
    assert.throws(() => clientNodeRelease(join(folder, "dist")), /no generated models/);
    writeFileSync(join(folder, "k8s.d.ts"), "/** @schema io.k8s.api.toys.v1.Ball */\n/** @schema io.k8s.api.toys.v1.Ball#spec */");
    assert.deepEqual(cdk8sRelease(join(folder, "k8s.d.ts"))("toys.v1.Ball"), new Set(["spec", "status"]), "statuses are never declared");
    const table: Table = {
      types: {
        "toys.v1.Ball": ["parts 1 []toys.v1.Part", "names 2 toys.v1.Names"],
        "toys.v1.Part": ["a 1 string"],
        "toys.v1.Names": "{}toys.v1.Part",
      },
      kinds: { "toys/v1": { Ball: "toys.v1.Ball" } },
    };
    const vectors = mkdtempSync(join(folder, "vectors-"));
    writeFileSync(
      join(vectors, "ball.json"),
      JSON.stringify({ apiVersion: "toys/v1", kind: "Ball", parts: [{ a: "" }], names: { x: { b: 1 } } }),
    );
    assert.deepEqual(vectorRelease(vectors, table)("toys.v1.Part"), new Set(["a", "b"]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
