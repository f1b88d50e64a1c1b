// A metadata service that shows changes late, in the order the real one does (spec vpc-cni §2.12).
import type { Clock } from "../../base/clock.ts";
import type { InterfaceFacts } from "./ec2.ts";
import type { Metadata } from "./metadata.ts";

/** When something came into EC2's answer and when it left; epoch milliseconds. */
interface Seen {
  since: number;
  gone: number | undefined;
}

/**
 * The service `lag` milliseconds behind: a new interface shows after a third of that with only its primary address, addresses and prefixes after
 * all of it, and what is gone stays for as long. What the first look finds is old.
 */
export function laggingMetadata(source: Metadata, clock: Clock, lag: number): Metadata {
  const interfaces = new Map<string, Seen & { facts: InterfaceFacts; ranges: Map<string, Seen> }>();
  let isFirst = true;
  const isShown = ({ since, gone }: Seen, after: number, now: number) => now - since >= after && (gone === undefined || now - gone < lag);
  return {
    async interfaces() {
      const present = await source.interfaces();
      const now = clock.now();
      const since = isFirst ? Number.NEGATIVE_INFINITY : now;
      isFirst = false;
      const ids = new Set(present.map(({ id }) => id));
      for (const [id, seen] of interfaces) {
        if (ids.has(id)) continue;
        seen.gone ??= now;
        if (now - seen.gone >= lag) interfaces.delete(id);
      }
      for (const facts of present) {
        const seen = interfaces.get(facts.id) ?? { since, gone: undefined, facts, ranges: new Map<string, Seen>() };
        interfaces.set(facts.id, Object.assign(seen, { facts, gone: undefined }));
        note(seen.ranges, [...facts.addresses, ...facts.prefixes, ...facts.prefixes6], since, now);
      }
      return [...interfaces.values()]
        .filter((seen) => isShown(seen, lag / 3, now))
        .map(({ facts, ranges }) => {
          const shown = [...ranges].filter(([, seen]) => isShown(seen, lag, now)).map(([range]) => range);
          const prefixes = shown.filter((range) => range.includes("/"));
          return {
            ...facts,
            addresses: shown.filter((range) => !range.includes("/")),
            prefixes: prefixes.filter((prefix) => !prefix.includes(":")),
            prefixes6: prefixes.filter((prefix) => prefix.includes(":")),
          };
        });
    },
  };

  function note(ranges: Map<string, Seen>, present: readonly string[], since: number, now: number): void {
    const here = new Set(present);
    for (const [range, seen] of ranges) {
      if (here.has(range)) seen.gone = undefined;
      else seen.gone ??= now;
      if (seen.gone !== undefined && now - seen.gone >= lag) ranges.delete(range);
    }
    for (const range of here) if (!ranges.has(range)) ranges.set(range, { since, gone: undefined });
  }
}
