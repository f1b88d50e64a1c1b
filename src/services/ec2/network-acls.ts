// Network ACLs, their entries and associations.
import type { NetworkAcl } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import { formatCidr } from "../../vpc/cidr.ts";
import { type Ec2Deps, type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, invalidCombination, invalidValue, required } from "./errors.ts";
import { describe, type Fields } from "./filters.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import { denyEntries } from "./make-vpc.ts";
import type { NetworkAclRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { once } from "./tokens.ts";
import { ipv4Cidr, ipv6Cidr } from "./vpc-rules.ts";

type Entry = NetworkAclRecord["entries"][number];

function view(scope: Scope, acl: NetworkAclRecord): NetworkAcl {
  const ordered = [...acl.entries].sort((a, b) => Number(b.egress) - Number(a.egress) || a.ruleNumber - b.ruleNumber);
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpcId,
    OwnerId: scope.account,
    IsDefault: acl.isDefault,
    Associations: scope
      .list("subnet")
      .filter((subnet) => subnet.aclId === acl.id)
      .map((subnet) => ({ NetworkAclAssociationId: subnet.aclAssociationId, NetworkAclId: acl.id, SubnetId: subnet.id })),
    Entries: ordered.map((entry) => ({
      RuleNumber: entry.ruleNumber,
      Protocol: entry.protocol,
      RuleAction: entry.action,
      Egress: entry.egress,
      ...(entry.cidr.includes(":") ? { Ipv6CidrBlock: entry.cidr } : { CidrBlock: entry.cidr }),
      ...(entry.fromPort === undefined ? {} : { PortRange: { From: entry.fromPort, To: entry.toPort } }),
      ...(entry.icmp ? { IcmpTypeCode: { Type: entry.icmp.type, Code: entry.icmp.code } } : {}),
    })),
    Tags: tagList(acl.tags),
  };
}

const fields: Fields<NetworkAcl> = {
  "association.association-id": (each) => each.Associations?.map((association) => association.NetworkAclAssociationId),
  "association.network-acl-id": (each) => each.Associations?.map((association) => association.NetworkAclId),
  "association.subnet-id": (each) => each.Associations?.map((association) => association.SubnetId),
  default: (each) => each.IsDefault,
  "entry.cidr": (each) => each.Entries?.map((entry) => entry.CidrBlock),
  "entry.egress": (each) => each.Entries?.map((entry) => entry.Egress),
  "entry.ipv6-cidr": (each) => each.Entries?.map((entry) => entry.Ipv6CidrBlock),
  "entry.port-range.from": (each) => each.Entries?.map((entry) => entry.PortRange?.From),
  "entry.port-range.to": (each) => each.Entries?.map((entry) => entry.PortRange?.To),
  "entry.protocol": (each) => each.Entries?.map((entry) => entry.Protocol),
  "entry.rule-action": (each) => each.Entries?.map((entry) => entry.RuleAction),
  "entry.rule-number": (each) => each.Entries?.map((entry) => entry.RuleNumber),
  "network-acl-id": (each) => each.NetworkAclId,
  "owner-id": (each) => each.OwnerId,
  "vpc-id": (each) => each.VpcId,
};

const protocols: Readonly<Record<string, string>> = { tcp: "6", udp: "17", icmp: "1", icmpv6: "58", all: "-1" };

interface EntryInput {
  readonly NetworkAclId: string | undefined;
  readonly RuleNumber: number | undefined;
  readonly Protocol: string | undefined;
  readonly RuleAction: string | undefined;
  readonly Egress: boolean | undefined;
  readonly CidrBlock?: string | undefined;
  readonly Ipv6CidrBlock?: string | undefined;
  readonly PortRange?: { From?: number | undefined; To?: number | undefined } | undefined;
  readonly IcmpTypeCode?: { Type?: number | undefined; Code?: number | undefined } | undefined;
}

/** Checks an entry. Numbers 1 to 32766 are the user's. */
function entryOf(input: EntryInput): Entry {
  const ruleNumber = required(input.RuleNumber, "ruleNumber");
  if (ruleNumber < 1 || ruleNumber > 32766)
    throw invalidValue(`Value (${ruleNumber}) for parameter ruleNumber is invalid. Must be between 1 and 32766.`);
  const text = required(input.Protocol, "protocol").toLowerCase();
  const protocol = protocols[text] ?? text;
  if (!/^(-1|\d{1,3})$/.test(protocol) || Number(protocol) > 255)
    throw invalidValue(`Value (${input.Protocol}) for parameter protocol is invalid. Unknown protocol.`);
  const action = required(input.RuleAction, "ruleAction");
  if (action !== "allow" && action !== "deny") throw invalidValue(`Value (${action}) for parameter ruleAction is invalid.`);
  if ((input.CidrBlock === undefined) === (input.Ipv6CidrBlock === undefined))
    throw invalidCombination("Specify either CidrBlock or Ipv6CidrBlock");
  const cidr = input.CidrBlock === undefined ? formatCidr(ipv6Cidr(input.Ipv6CidrBlock!)) : formatCidr(ipv4Cidr(input.CidrBlock));
  const ports = protocol === "6" || protocol === "17";
  if (ports && (input.PortRange?.From === undefined || input.PortRange.To === undefined))
    throw invalidValue("The port range is required for TCP and UDP");
  if ((protocol === "1" || protocol === "58") && !input.IcmpTypeCode) throw invalidValue("The ICMP type and code are required for ICMP");
  const { Type: type = -1, Code: code = -1 } = input.IcmpTypeCode ?? {};
  return {
    ruleNumber,
    egress: input.Egress ?? false,
    protocol,
    action,
    cidr,
    ...(ports ? { fromPort: input.PortRange!.From!, toPort: input.PortRange!.To! } : {}),
    ...(protocol === "1" || protocol === "58" ? { icmp: { type, code } } : {}),
  };
}

const same = (a: Pick<Entry, "ruleNumber" | "egress">, b: Pick<Entry, "ruleNumber" | "egress">) =>
  a.ruleNumber === b.ruleNumber && a.egress === b.egress;

function writeEntry(input: EntryInput, call: Call, deps: Ec2Deps, replace: boolean) {
  const scope = scopeOf(call, deps);
  const acl = scope.require("network-acl", required(input.NetworkAclId, "networkAclId"));
  const entry = entryOf(input);
  const exists = acl.entries.some((each) => same(each, entry));
  if (exists && !replace)
    throw ec2Error("NetworkAclEntryAlreadyExists", `The network acl entry identified by ${entry.ruleNumber} already exists.`);
  if (!exists && replace)
    throw ec2Error("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${entry.ruleNumber} does not exist.`);
  if (!exists && acl.entries.filter((each) => each.egress === entry.egress).length >= limits.aclEntries) {
    throw ec2Error("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.");
  }
  scope.put("network-acl", { ...acl, entries: [...acl.entries.filter((each) => !same(each, entry)), entry] });
  return {};
}

export const networkAclOperations = {
  CreateNetworkAcl: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const tags = specifiedTags(input.TagSpecifications, "network-acl");
      const [id] = once(scope, "CreateNetworkAcl", input, () => [
        scope.put("network-acl", {
          id: scope.newId("network-acl"),
          tags,
          vpcId: vpc.id,
          isDefault: false,
          entries: denyEntries(vpc.cidrs6.length > 0),
        }).id,
      ]);
      return {
        NetworkAcl: view(scope, scope.require("network-acl", id!)),
        ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}),
      };
    },
  },

  DescribeNetworkAcls: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "network-acl",
        ids: input.NetworkAclIds,
        idsName: "NetworkAclIds",
        get: (id) => scope.get("network-acl", id),
        list: () => scope.list("network-acl"),
        view: (acl) => view(scope, acl),
        fields,
      });
      return { NetworkAcls: page.items, NextToken: page.NextToken };
    },
  },

  DeleteNetworkAcl: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const acl = scope.require("network-acl", required(input.NetworkAclId, "networkAclId"));
      if (acl.isDefault) throw invalidValue(`cannot delete default network ACL ${acl.id}`);
      if (scope.list("subnet").some((subnet) => subnet.aclId === acl.id)) {
        throw dependencyViolation(`The networkAcl '${acl.id}' has dependencies and cannot be deleted.`);
      }
      scope.delete("network-acl", acl.id);
      return {};
    },
  },

  CreateNetworkAclEntry: { run: (input, call, deps) => writeEntry(input, call, deps, false) },
  ReplaceNetworkAclEntry: { run: (input, call, deps) => writeEntry(input, call, deps, true) },

  DeleteNetworkAclEntry: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const acl = scope.require("network-acl", required(input.NetworkAclId, "networkAclId"));
      const wanted = { ruleNumber: required(input.RuleNumber, "ruleNumber"), egress: input.Egress ?? false };
      const entries = acl.entries.filter((each) => !same(each, wanted));
      if (entries.length === acl.entries.length || wanted.ruleNumber > 32766) {
        throw ec2Error("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${wanted.ruleNumber} does not exist.`);
      }
      scope.put("network-acl", { ...acl, entries });
      return {};
    },
  },

  ReplaceNetworkAclAssociation: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const id = required(input.AssociationId, "associationId");
      const acl = scope.require("network-acl", required(input.NetworkAclId, "networkAclId"));
      const subnet = scope.list("subnet").find((each) => each.aclAssociationId === id);
      if (!subnet) throw ec2Error("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
      if (subnet.vpcId !== acl.vpcId) throw invalidValue(`Network ACL ${acl.id} and subnet ${subnet.id} belong to different networks`);
      const aclAssociationId = newId(scope.random, "aclassoc");
      scope.put("subnet", { ...subnet, aclId: acl.id, aclAssociationId });
      return { NewAssociationId: aclAssociationId };
    },
  },
} satisfies Ec2Operations;
