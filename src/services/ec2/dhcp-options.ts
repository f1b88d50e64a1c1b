// DHCP options sets.
import type { DhcpOptions } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, invalidValue, required } from "./errors.ts";
import { describe } from "./filters.ts";
import type { DhcpOptionsRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";

const keys = [
  "domain-name",
  "domain-name-servers",
  "ntp-servers",
  "netbios-name-servers",
  "netbios-node-type",
  "ipv6-address-preferred-lease-time",
];

function view(scope: Scope, record: DhcpOptionsRecord): DhcpOptions {
  return {
    DhcpOptionsId: record.id,
    OwnerId: scope.account,
    DhcpConfigurations: record.configurations.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
    Tags: tagList(record.tags),
  };
}

export const dhcpOptionsOperations = {
  CreateDhcpOptions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const tags = specifiedTags(input.TagSpecifications, "dhcp-options");
      const configurations = required(input.DhcpConfigurations, "dhcpConfiguration").map(({ Key: key = "", Values: values = [] }) => {
        if (!keys.includes(key)) throw invalidValue(`Value (${key}) for parameter dhcpConfiguration.key is invalid. Unknown DHCP option`);
        if (values.length === 0) throw invalidValue(`Value for DHCP option ${key} is missing`);
        return { key, values };
      });
      const record = scope.put("dhcp-options", { id: scope.newId("dhcp-options"), tags, configurations });
      return { DhcpOptions: view(scope, record) };
    },
  },

  DescribeDhcpOptions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "dhcp-options",
        ids: input.DhcpOptionsIds,
        idsName: "DhcpOptionsIds",
        get: (id) => scope.get("dhcp-options", id),
        list: () => scope.list("dhcp-options"),
        view: (record) => view(scope, record),
        fields: {
          "dhcp-options-id": (each) => each.DhcpOptionsId,
          key: (each) => each.DhcpConfigurations?.map((entry) => entry.Key),
          "owner-id": (each) => each.OwnerId,
          value: (each) => each.DhcpConfigurations?.flatMap((entry) => entry.Values?.map((value) => value.Value)),
        },
      });
      return { DhcpOptions: page.items, NextToken: page.NextToken };
    },
  },

  AssociateDhcpOptions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const wanted = required(input.DhcpOptionsId, "dhcpOptionsId");
      const dhcpOptionsId = wanted === "default" ? "default" : scope.require("dhcp-options", wanted).id;
      scope.put("vpc", { ...vpc, dhcpOptionsId });
      return {};
    },
  },

  DeleteDhcpOptions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("dhcp-options", required(input.DhcpOptionsId, "dhcpOptionsId"));
      if (scope.list("vpc").some((vpc) => vpc.dhcpOptionsId === record.id)) {
        throw dependencyViolation(`The dhcpOptions '${record.id}' has dependencies and cannot be deleted.`);
      }
      scope.delete("dhcp-options", record.id);
      return {};
    },
  },
} satisfies Ec2Operations;
