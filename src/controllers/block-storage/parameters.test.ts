// StorageClass parameters as volumes, and sizes of claims.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DriverError, gibOf, volumeOf } from "./parameters.ts";

test("defaults are gp3, unencrypted; names of parameters have no case", () => {
  assert.deepEqual(volumeOf({}, 8), { Size: 8, VolumeType: "gp3", Encrypted: false });
  assert.deepEqual(volumeOf({ Type: "io2", IopsPerGB: "50", "csi.storage.k8s.io/fstype": "xfs" }, 10), {
    ...{ Size: 10, VolumeType: "io2", Encrypted: false },
    Iops: 500,
  });
  assert.deepEqual(volumeOf({ kmsKeyId: "alias/data", throughput: "250", iops: "4000", tagSpecification_1: "a=b" }, 10), {
    ...{ Size: 10, VolumeType: "gp3", Encrypted: true, KmsKeyId: "alias/data" },
    ...{ Iops: 4000, Throughput: 250 },
  });
});

const refused: readonly [Record<string, string>, RegExp][] = [
  [{ colour: "red" }, /InvalidArgument desc = Invalid parameter key colour for CreateVolume/],
  [{ iops: "many" }, /Could not parse invalid iops/],
  [{ iops: "3000", iopsPerGB: "3" }, /mutually exclusive/],
  [{ "csi.storage.k8s.io/fstype": "zfs" }, /File system type zfs is not supported/],
];
for (const [parameters, message] of refused) {
  test(`${JSON.stringify(parameters)} is refused`, () => {
    assert.throws(
      () => volumeOf(parameters, 8),
      (error: unknown) => error instanceof DriverError && message.test(error.message),
    );
  });
}

test("sizes are whole GiB, rounded up", () => {
  for (const [quantity, gib] of [
    ["8Gi", 8],
    ["1", 1],
    ["1500Mi", 2],
    ["10G", 10],
    [undefined, 1],
  ] as const)
    assert.equal(gibOf(quantity), gib, quantity);
});
