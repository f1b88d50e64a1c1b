// The schema generator on a small Go package of our own.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readGoPackage } from "../../../scripts/kubernetes-schema/go-source.ts";
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

test("the supplement adds types, fields, kinds and copies", () => {
  const table: Table = {
    types: { "toys.v1beta1.Ball": ["spec 1 *toys.v1beta1.Spec omit"], "toys.v1beta1.Spec": ["size 1 int32"] },
    kinds: {},
  };
  const text =
    "# comment\n[copy toys.v1]\ntoys.v1beta1\n[add toys.v1.Spec]\nsize 1 int64\ncolour 2 string omit\n[kinds toys/v1 toys.v1]\nBall BallList\n[alias toys.v1.Colour]\nstring Red\n";
  applySupplement(table, readSupplement(text));
  assert.deepEqual(table.types["toys.v1.Ball"], ["spec 1 *toys.v1.Spec omit"]);
  assert.deepEqual(table.types["toys.v1.Spec"], ["size 1 int64", "colour 2 string omit"]);
  assert.deepEqual(table.kinds["toys/v1"], { Ball: "toys.v1.Ball", BallList: "toys.v1.BallList" });
  assert.equal(table.types["toys.v1.Colour"], "string Red");
  assert.throws(() => readSupplement("stray line"), /before the first section/);
  assert.throws(() => applySupplement(table, readSupplement("[add no.v1.Such]\na 1 string")), /no struct no.v1.Such/);
});
