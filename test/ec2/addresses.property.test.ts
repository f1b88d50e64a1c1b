// Random programs against the service, with and without a store that fails: addresses stay owned once and nothing is half-written.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import { checkAddresses } from "../../src/services/ec2/index.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { ec2, type Harness, network } from "./harness.ts";

class DiskError extends Error {}

/** A store whose next-but-`countdown` write fails. */
function failing(store: Store) {
  let countdown = Number.POSITIVE_INFINITY;
  const guarded = (transaction: Transaction): Transaction => ({
    get: transaction.get,
    list: transaction.list,
    put(key, value) {
      if (--countdown <= 0) throw new DiskError("disk full");
      return transaction.put(key, value);
    },
    delete(key) {
      if (--countdown <= 0) throw new DiskError("disk full");
      return transaction.delete(key);
    },
  });
  const wrapped = new Proxy(store, {
    get(target, name) {
      if (name === "transact")
        return <T>(change: (transaction: Transaction) => T) => target.transact((transaction) => change(guarded(transaction)));
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    store: wrapped,
    failAfter(writes: number) {
      countdown = writes;
    },
    heal() {
      countdown = Number.POSITIVE_INFINITY;
    },
  };
}

const contents = (store: Store) => store.list("").map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`);

interface Step {
  readonly kind: number;
  readonly pick: number;
  readonly count: number;
  readonly failAfter: number;
}

const program = fc.array(
  fc.record({ kind: fc.nat(11), pick: fc.nat(1000), count: fc.integer({ min: 1, max: 6 }), failAfter: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 5, maxLength: 40 },
);

async function act(aws: Harness, subnetId: string, { kind, pick, count }: Step): Promise<unknown> {
  const interfaces = (await aws.run("DescribeNetworkInterfaces", {})).NetworkInterfaces!;
  const instances = (await aws.run("DescribeInstances", {})).Reservations!.flatMap((each) => each.Instances!);
  const one = interfaces[pick % Math.max(1, interfaces.length)];
  const instance = instances[pick % Math.max(1, instances.length)];
  const NetworkInterfaceId = one?.NetworkInterfaceId;
  if (kind <= 1)
    return aws.run("CreateNetworkInterface", {
      SubnetId: subnetId,
      ...(pick % 3 ? { SecondaryPrivateIpAddressCount: count } : { Ipv4PrefixCount: 1 }),
    });
  if (kind === 2)
    return aws.run("RunInstances", {
      MinCount: 1,
      MaxCount: count,
      ImageId: "ami-00000000000000001",
      InstanceType: "m5.large",
      SubnetId: subnetId,
    });
  if (kind === 3) return aws.clock.step(0);
  if (kind === 4 && instance) return aws.run("TerminateInstances", { InstanceIds: [instance.InstanceId!] });
  if (kind === 5 && one && instance)
    return aws.run("AttachNetworkInterface", { NetworkInterfaceId, InstanceId: instance.InstanceId, DeviceIndex: 1 + (pick % 2) });
  if (kind === 6 && one) return aws.run("DeleteNetworkInterface", { NetworkInterfaceId });
  if (kind === 7 && one)
    return aws.run("AssignPrivateIpAddresses", {
      NetworkInterfaceId,
      ...(pick % 2 ? { SecondaryPrivateIpAddressCount: count } : { Ipv4PrefixCount: 1 }),
    });
  if (kind === 8 && one) {
    const secondaries = one.PrivateIpAddresses!.slice(1, 1 + count).map((each) => each.PrivateIpAddress!);
    return aws.run("UnassignPrivateIpAddresses", {
      NetworkInterfaceId,
      PrivateIpAddresses: secondaries,
      Ipv4Prefixes: one.Ipv4Prefixes!.map((each) => each.Ipv4Prefix!),
    });
  }
  if (kind === 9 && one?.Attachment) return aws.run("DetachNetworkInterface", { AttachmentId: one.Attachment.AttachmentId });
  if (kind === 10 && one)
    return aws.run("AssignPrivateIpAddresses", {
      NetworkInterfaceId,
      PrivateIpAddresses: [`10.0.0.${pick % 64}`],
      AllowReassignment: pick % 2 === 0,
    });
  if (kind === 11)
    return aws.run("CreateSubnetCidrReservation", {
      SubnetId: subnetId,
      Cidr: `10.0.0.${16 * (pick % 4)}/28`,
      ReservationType: pick % 2 ? "prefix" : "explicit",
    });
  return undefined;
}

async function freeAddresses(aws: Harness, subnetId: string): Promise<number> {
  return (await aws.run("DescribeSubnets", { SubnetIds: [subnetId] })).Subnets![0]!.AvailableIpAddressCount!;
}

test("random programs keep every address owned once", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (steps: Step[]) => {
      const aws = ec2();
      const { subnetId } = await network(aws, "10.0.0.0/16", "10.0.0.0/26");
      for (const step of steps) {
        try {
          await act(aws, subnetId, step);
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
        }
        assert.deepEqual(checkAddresses(aws.store), []);
      }
      // What the running service counts is what a restarted one would.
      assert.equal(await freeAddresses(aws, subnetId), await freeAddresses(ec2({ store: aws.store }), subnetId));
    }),
    { numRuns: 25 },
  );
});

test("a write that fails leaves nothing behind, in the store or in memory", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (steps: Step[]) => {
      const inner = memoryStore();
      const { store, failAfter, heal } = failing(inner);
      const aws = ec2({ store });
      const { subnetId } = await network(aws, "10.0.0.0/16", "10.0.0.0/26");
      for (const step of steps.filter(({ kind }) => kind !== 3)) {
        const before = contents(inner);
        failAfter(step.failAfter);
        try {
          await act(aws, subnetId, step);
        } catch (error) {
          if (!(error instanceof AwsError || error instanceof DiskError)) throw error;
          assert.deepEqual(contents(inner), before);
        }
        heal();
        assert.deepEqual(checkAddresses(inner), []);
        assert.equal(await freeAddresses(aws, subnetId), await freeAddresses(ec2({ store: inner }), subnetId));
      }
    }),
    { numRuns: 20 },
  );
});
