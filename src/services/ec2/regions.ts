// DescribeRegions, DescribeAvailabilityZones and the account's attributes.
import type { AvailabilityZone, Region } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue } from "./errors.ts";
import { filterBy } from "./filters.ts";
import { regionsOf, zonesOf } from "./zones.ts";

const suffix = (partition: string) => (partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com");

export const regionOperations = {
  DescribeRegions: {
    run(input, call) {
      const views: Region[] = regionsOf(call.partition).map(({ name, optIn }) => ({
        RegionName: name,
        Endpoint: `ec2.${name}.${suffix(call.partition)}`,
        OptInStatus: optIn ? "opted-in" : "opt-in-not-required",
      }));
      for (const name of input.RegionNames ?? []) {
        if (!views.some((view) => view.RegionName === name)) throw invalidValue(`Invalid region name: ${name}`);
      }
      const matches = filterBy<Region>(input.Filters, {
        endpoint: (view) => view.Endpoint,
        "opt-in-status": (view) => view.OptInStatus,
        "region-name": (view) => view.RegionName,
      });
      const named = input.RegionNames?.length ? views.filter((view) => input.RegionNames!.includes(view.RegionName!)) : views;
      return { Regions: named.filter(matches) };
    },
  },

  DescribeAvailabilityZones: {
    run(input, call) {
      const views: AvailabilityZone[] = zonesOf(call.region).map(({ name, id }) => ({
        ZoneName: name,
        ZoneId: id,
        ZoneType: "availability-zone",
        State: "available",
        RegionName: call.region,
        GroupName: `${call.region}-zg-1`,
        NetworkBorderGroup: call.region,
        OptInStatus: "opt-in-not-required",
        Messages: [],
      }));
      const names = input.ZoneNames ?? [];
      const ids = input.ZoneIds ?? [];
      for (const name of names)
        if (!views.some((view) => view.ZoneName === name)) throw invalidValue(`Invalid availability zone: [${name}]`);
      for (const id of ids) if (!views.some((view) => view.ZoneId === id)) throw invalidValue(`Invalid availability zone-id: [${id}]`);
      const matches = filterBy<AvailabilityZone>(input.Filters, {
        "group-name": (view) => view.GroupName,
        message: () => [],
        "opt-in-status": (view) => view.OptInStatus,
        "parent-zone-id": () => [],
        "parent-zone-name": () => [],
        "region-name": (view) => view.RegionName,
        state: (view) => view.State,
        "zone-id": (view) => view.ZoneId,
        "zone-name": (view) => view.ZoneName,
        "zone-type": (view) => view.ZoneType,
      });
      const wanted = (view: AvailabilityZone) =>
        (names.length === 0 || names.includes(view.ZoneName!)) && (ids.length === 0 || ids.includes(view.ZoneId!));
      return { AvailabilityZones: views.filter(wanted).filter(matches) };
    },
  },

  DescribeAccountAttributes: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const defaultVpc = scope.list("vpc").find((vpc) => vpc.isDefault)?.id ?? "none";
      const values: Record<string, string[]> = {
        "supported-platforms": ["VPC"],
        "default-vpc": [defaultVpc],
        "max-instances": ["20"],
        "vpc-max-security-groups-per-interface": ["5"],
        "max-elastic-ips": ["5"],
        "vpc-max-elastic-ips": ["5"],
      };
      const names: readonly string[] = input.AttributeNames?.length ? input.AttributeNames : Object.keys(values);
      return {
        AccountAttributes: names.map((name) => {
          const found = Object.hasOwn(values, name) ? values[name]! : undefined;
          if (!found) throw ec2Error("InvalidParameterValue", `Invalid value '${name}' for attribute name`);
          return { AttributeName: name, AttributeValues: found.map((AttributeValue) => ({ AttributeValue })) };
        }),
      };
    },
  },
} satisfies Ec2Operations;
