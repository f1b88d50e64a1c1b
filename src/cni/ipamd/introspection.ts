// What ipamd shows of itself: `/v1/enis` on port 61679 and `/metrics` on port 61678 (spec vpc-cni §3.13).
import { assignedIn, type DataStore, podsOn } from "../pool/data-store.ts";
import { type PoolLimits, PREFIX_SIZE } from "../pool/targets.ts";
import type { Counters, Sample } from "./counters.ts";

const PREFIX = "awscni_";
/** Counts that the store keeps. */
const FORCED = ["force_removed_enis", "force_removed_ips"];

/** A card's pool, as it is shown. */
export interface ShownPool {
  readonly store: DataStore;
  readonly limits: PoolLimits;
}

/** The body of `/v1/enis`: pools by network card. Sandboxes stay hidden, as upstream hides them. `now` is epoch milliseconds. */
export function enisView(pools: readonly ShownPool[], now: number): object {
  return Object.fromEntries(pools.map(({ store }) => [store.card, poolView(store, now)]));
}

function poolView(store: DataStore, now: number): object {
  const { total, assigned } = store.stats(now);
  const enis = [...store.enis.values()].map((eni) => {
    const cidrs = [...eni.cidrs.values()].map((cidr) => [
      cidr.cidr,
      {
        Cidr: { IP: cidr.cidr.split("/")[0], Mask: cidr.cidr.split("/")[1] },
        IPAddresses: Object.fromEntries(
          [...cidr.addresses.values()].map((entry) => [
            entry.address,
            {
              Address: entry.address,
              IPAMKey: { networkName: "", containerID: "", ifName: "" },
              IPAMMetadata: entry.meta ? { k8sPodNamespace: entry.meta.namespace, k8sPodName: entry.meta.name } : {},
              AssignedTime: timeOf(entry.assignedAt),
              UnassignedTime: timeOf(entry.unassignedAt),
            },
          ]),
        ),
        IsPrefix: cidr.isPrefix,
        AddressFamily: cidr.family === 6 ? "6" : "4",
      },
    ]);
    const mine = (family: 4 | 6) => Object.fromEntries(cidrs.filter(([, cidr]) => (cidr as any).AddressFamily === String(family)));
    return [
      eni.id,
      {
        ID: eni.id,
        IsPrimary: eni.isPrimary,
        IsTrunk: eni.isTrunk ?? false,
        IsEFA: eni.isEfa ?? false,
        DeviceNumber: eni.deviceNumber,
        IsExcludedForPodIPs: eni.isExcluded,
        AvailableIPv4Cidrs: mine(4),
        IPv6Cidrs: mine(6),
      },
    ];
  });
  return { TotalIPs: total, AssignedIPs: assigned, ENIs: Object.fromEntries(enis) };
}

/** The body of `/metrics`, in Prometheus' text format. */
export function metricsText(pools: readonly ShownPool[], counters: Counters, now: number): string {
  const samples = [...gauges(pools, now), ...counters.samples];
  const familyOf = (name: string) => counters.summaryOf(name) ?? name;
  const counted = new Set([...counters.samples.map(({ name }) => name), ...FORCED]);
  const kindOf = (family: string, name: string) => (family !== name ? "summary" : counted.has(name) ? "counter" : "gauge");
  const families = Map.groupBy(samples, ({ name }) => familyOf(name));
  const lines = [...families].flatMap(([family, members]) => [
    `# TYPE ${PREFIX}${family} ${kindOf(family, members[0]?.name ?? "")}`,
    ...members.map(line),
  ]);
  return `${lines.join("\n")}\n`;
}

function gauges(pools: readonly ShownPool[], now: number): Sample[] {
  const stats = pools.map(({ store }) => store.stats(now));
  const enis = pools.flatMap(({ store }) => [...store.enis.values()]);
  const gauge = (name: string, value: number, labels = {}): Sample => ({ name, labels, value });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const capacity = ({ store, limits }: ShownPool) => limits.maxEnis * limits.slotsPerEni * (store.prefixMode ? PREFIX_SIZE : 1);
  return [
    gauge("eni_max", sum(pools.map(({ limits }) => limits.maxEnis))),
    gauge("ip_max", sum(pools.map(capacity))),
    gauge("eni_allocated", enis.length),
    gauge("total_ip_addresses", sum(stats.map(({ total }) => total))),
    gauge("assigned_ip_addresses", sum(stats.map(({ assigned }) => assigned))),
    gauge("total_ipv4_prefixes", sum(stats.map(({ prefixes }) => prefixes))),
    gauge("force_removed_enis", sum(pools.map(({ store }) => store.forced.enis))),
    gauge("force_removed_ips", sum(pools.map(({ store }) => store.forced.addresses))),
    gauge("connmark_backend", 1, { backend: "iptables" }),
    ...enis.flatMap((eni) => [...eni.cidrs.values()].map((cidr) => gauge("assigned_ip_per_cidr", assignedIn(cidr), { cidr: cidr.cidr }))),
    ...enis.map((eni) => gauge("assigned_ip_per_eni", podsOn(eni), { eni: eni.id })),
  ];
}

function line({ name, labels, value }: Sample): string {
  const text = Object.entries(labels).map(([key, label]) => `${key}="${escaped(label)}"`);
  return `${PREFIX}${name}${text.length > 0 ? `{${text.join(",")}}` : ""} ${value}`;
}

/** A label's value in Prometheus' text format: one line. */
const escaped = (value: string) => value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");

function timeOf(milliseconds: number): string {
  return milliseconds === 0 ? "0001-01-01T00:00:00Z" : new Date(milliseconds).toISOString();
}
