// Which instance a group gives up first (Amazon EC2 Auto Scaling User Guide, "Termination policies").
import type { Instance } from "@aws-sdk/client-ec2";
import { tagOf } from "../../services/autoscaling/members.ts";

const launched = (instance: Instance) => instance.LaunchTime?.getTime() ?? 0;
const version = (instance: Instance) => Number(tagOf(instance, "aws:ec2launchtemplate:version") ?? 0);

/** Those for which `rank` is least. */
function least(instances: readonly Instance[], rank: (instance: Instance) => number): Instance[] {
  const lowest = Math.min(...instances.map(rank));
  return instances.filter((instance) => rank(instance) === lowest);
}

/** Those of the zone with the most instances; of equals, of the first zone by name. */
function ofFullestZone(instances: readonly Instance[], all: readonly Instance[]): Instance[] {
  const zoneOf = ({ Placement }: Instance) => Placement?.AvailabilityZone ?? "";
  const zones = [...new Set(instances.map(zoneOf))].sort();
  const load = (zone: string) => all.filter((each) => zoneOf(each) === zone).length;
  const fullest = zones.reduce((best, zone) => (load(zone) > load(best) ? zone : best), zones[0] ?? "");
  return instances.filter((each) => zoneOf(each) === fullest);
}

const POLICIES: Readonly<Record<string, (instances: Instance[]) => Instance[]>> = {
  Default: (instances) => least(least(instances, version), launched),
  OldestInstance: (instances) => least(instances, launched),
  NewestInstance: (instances) => least(instances, (each) => -launched(each)),
  OldestLaunchTemplate: (instances) => least(instances, version),
};

/** The instance to terminate: in the fullest zone, by the policies in turn, then by id. Undefined if none may be. */
export function chooseVictim(candidates: readonly Instance[], all: readonly Instance[], policies: readonly string[]): Instance | undefined {
  let left = ofFullestZone(candidates, all);
  for (const policy of policies) if (left.length > 1) left = POLICIES[policy]?.(left) ?? left;
  return left.sort((a, b) => (a.InstanceId! < b.InstanceId! ? -1 : 1))[0];
}
