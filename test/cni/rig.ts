// An ipamd over a small EC2 and a clock that is stepped.

import { AwsError } from "../../src/aws/errors.ts";
import { FakeClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import type { InstanceFacts } from "../../src/cni/ipamd/instance.ts";
import { Ipamd, type IpamdOptions } from "../../src/cni/ipamd/ipamd.ts";
import { DataStore } from "../../src/cni/pool/data-store.ts";
import { type Environment, type IpamSettings, readSettings } from "../../src/cni/settings.ts";
import { formatIpv4, parseIpv4 } from "../../src/vpc/ipv4.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";

export const IPV4: Environment = { ENABLE_IPv4: "true" };

export interface Rig {
  readonly ipamd: Ipamd;
  readonly ec2: FakeEc2;
  readonly clock: FakeClock;
  /** Messages of warnings, with their error. */
  readonly warnings: string[];
  /** EC2 calls that were refused. */
  readonly refused: string[];
  cordoned: boolean;
  assign(pod: string): Promise<string>;
  unassign(pod: string): boolean;
  /** Passes of the pool manager until nothing changes. */
  rest(): Promise<void>;
}

export interface RigOptions
  extends Partial<Pick<IpamdOptions, "period" | "metadata" | "metadataLag" | "host" | "eniConfig" | "strictReconcile" | "persist">> {
  readonly env?: Environment;
  readonly ec2?: FakeEc2;
  readonly clock?: FakeClock;
  readonly instance?: Partial<InstanceFacts>;
  readonly maxPods?: number;
}

/** An m5.large unless told otherwise; not yet started. */
export function rig({ env = {}, ec2 = new FakeEc2(), clock = new FakeClock(), instance, maxPods = 500, ...more }: RigOptions = {}): Rig {
  const warnings: string[] = [];
  const refused: string[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn: (fields, message) => void warnings.push(`${message}: ${(fields as { error?: string }).error ?? ""}`),
    error() {},
    child: () => log,
  };
  const ipamd = new Ipamd({
    instance: {
      ...{
        instanceId: "i-1",
        vpcId: "vpc-1",
        zone: "a",
        subnetId: "subnet-1",
        maxEnis: 3,
        ipv4PerEni: 10,
        nitro: true,
        trunkCapable: true,
      },
      ...instance,
    },
    settings: settingsOf(env),
    ec2,
    clock,
    log,
    maxPods: () => maxPods,
    isCordoned: () => made.cordoned,
    period: 5000,
    ec2Failed: (operation) => refused.push(operation),
    ...more,
  });
  const made: Rig = {
    ...{ ipamd, ec2, clock, warnings, refused },
    cordoned: false,
    assign: async (pod) => (await ipamd.assign(keyOf(pod), metaOf(pod))).address,
    unassign: (pod) => ipamd.unassign(keyOf(pod)).length > 0,
    async rest() {
      const size = () => ipamd.store.size + ipamd.store.enis.size;
      for (let before = -1; before !== size(); ) {
        before = size();
        await settle(clock, ipamd.manage());
      }
    },
  };
  return made;
}

/** A started one. */
export async function started(options: RigOptions = {}): Promise<Rig> {
  const made = rig(options);
  await settle(made.clock, made.ipamd.start([]));
  await made.rest();
  return made;
}

export function settingsOf(env: Environment): IpamSettings {
  return readSettings({ ...IPV4, ...env });
}

export function keyOf(pod: string) {
  return { containerId: pod, ifName: "eth0" };
}

export function metaOf(pod: string) {
  return { namespace: "default", name: pod, uid: pod };
}

/** Steps the clock until the promise is settled. */
export async function settle<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let done = false;
  const mark = () => {
    done = true;
  };
  promise.then(mark, mark);
  for (let i = 0; i < 10_000; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (done) return promise;
    await clock.step(100);
  }
  throw new Error("does not settle");
}

/** A store whose interfaces hold `free` addresses each, `10.0.<n>.1` on, or /28 prefixes. */
export function storeOf(counts: readonly number[], { prefixes = false, cooldown = 30_000 } = {}): DataStore {
  const store = new DataStore(prefixes, cooldown);
  for (const [n, count] of counts.entries()) {
    addEni(store, n);
    for (let i = 0; i < count; i++) store.addCidr(`eni-${n}`, prefixes ? `10.0.${n}.${16 * i}/28` : `10.0.${n}.${i + 1}/32`);
  }
  return store;
}

/** Adds interface `eni-<n>`; number 0 is the primary. */
export function addEni(store: DataStore, n: number, change: { isTrunk?: boolean; isEfa?: boolean; isExcluded?: boolean } = {}): void {
  const base = { subnetId: "subnet-1", primaryIp: formatIpv4(parseIpv4("10.9.0.0")! + n), isExcluded: false, createdAt: 0 };
  store.addEni({ id: `eni-${n}`, isPrimary: n === 0, deviceNumber: n, ...base, ...change });
}

/** Gives pods `p0`, `p1` … addresses. */
export function use(store: DataStore, pods: number): void {
  for (let i = 0; i < pods; i++) store.assign(keyOf(`p${i}`), metaOf(`p${i}`), 0);
}

/** Attaches one more interface to an instance, as a user might; returns its id. */
export function attached(ec2: FakeEc2, deviceIndex: number, tags: Record<string, string> = {}, instanceId = "i-1"): string {
  const eni = ec2.addInstance("nobody");
  Object.assign(eni, { deviceIndex, instanceId, attachmentId: `attach-${eni.id}`, tags });
  return eni.id;
}

/** The EC2 error of a code. */
export function ec2Error(code: string): AwsError {
  return new AwsError(code, `the API answers ${code}`);
}

/** Makes the operations fail with a code, always or the first `times` times. */
export function refuse(ec2: FakeEc2, operations: readonly string[], code: string, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  ec2.fail = (operation) => {
    if (operations.includes(operation) && left-- > 0) throw ec2Error(code);
  };
}
