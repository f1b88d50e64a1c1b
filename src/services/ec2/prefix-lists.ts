// The prefix lists AWS manages for gateway endpoints.
import { createHash } from "node:crypto";
import type { ManagedPrefixList, PrefixList } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, required } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import type { Scope } from "./scope.ts";

const lists = [
  { service: "dynamodb", cidrs: ["3.218.180.0/22", "52.94.0.0/22"] },
  { service: "s3", cidrs: ["3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"] },
] as const;

interface Managed {
  readonly id: string;
  readonly name: string;
  readonly cidrs: readonly string[];
}

/** AWS-managed lists of a region; ids depend on region and service alone. */
export function managedLists(scope: Scope): Managed[] {
  return lists
    .map(({ service, cidrs }) => {
      const name = `com.amazonaws.${scope.region}.${service}`;
      return { id: `pl-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`, name, cidrs };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether a prefix list exists. */
export function isPrefixList(scope: Scope, id: string): boolean {
  return managedLists(scope).some((list) => list.id === id);
}

function named(scope: Scope, ids: readonly string[] | undefined): Managed[] {
  const all = managedLists(scope);
  for (const id of ids ?? []) {
    if (!all.some((list) => list.id === id)) throw ec2Error("InvalidPrefixListID.NotFound", `The prefix list ID '${id}' does not exist`);
  }
  return ids?.length ? all.filter((list) => ids.includes(list.id)) : all;
}

export const prefixListOperations = {
  DescribePrefixLists: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const matches = filterBy<PrefixList>(input.Filters, {
        "prefix-list-id": (each) => each.PrefixListId,
        "prefix-list-name": (each) => each.PrefixListName,
      });
      const views = named(scope, input.PrefixListIds).map(({ id, name, cidrs }) => ({
        PrefixListId: id,
        PrefixListName: name,
        Cidrs: [...cidrs],
      }));
      const page = paginate(views.filter(matches), (each) => each.PrefixListId, input);
      return { PrefixLists: page.items, NextToken: page.NextToken };
    },
  },

  DescribeManagedPrefixLists: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const matches = filterBy<ManagedPrefixList>(input.Filters, {
        "owner-id": (each) => each.OwnerId,
        "prefix-list-id": (each) => each.PrefixListId,
        "prefix-list-name": (each) => each.PrefixListName,
      });
      const views = named(scope, input.PrefixListIds).map(
        ({ id, name }): ManagedPrefixList => ({
          PrefixListId: id,
          PrefixListName: name,
          PrefixListArn: `arn:${scope.partition}:ec2:${scope.region}:aws:prefix-list/${id}`,
          AddressFamily: "IPv4",
          State: "create-complete",
          OwnerId: "AWS",
          Tags: [],
        }),
      );
      const page = paginate(views.filter(matches), (each) => each.PrefixListId!, input, 1, 100);
      return { PrefixLists: page.items, NextToken: page.NextToken };
    },
  },

  GetManagedPrefixListEntries: {
    run(input, call, deps) {
      const [list] = named(scopeOf(call, deps), [required(input.PrefixListId, "prefixListId")]);
      const page = paginate(
        list!.cidrs.map((Cidr) => ({ Cidr })),
        (each) => each.Cidr,
        input,
        1,
        100,
      );
      return { Entries: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
