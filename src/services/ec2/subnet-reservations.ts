// CIDR reservations of subnets (spec vpc-cni §2.3).
import type { SubnetCidrReservation } from "@aws-sdk/client-ec2";
import { contains, formatCidr, overlaps, parseCidr } from "../../vpc/cidr.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, required } from "./errors.ts";
import { filterBy } from "./filters.ts";
import type { ReservationRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";

function view(scope: Scope, record: ReservationRecord): SubnetCidrReservation {
  return {
    SubnetCidrReservationId: record.id,
    SubnetId: record.subnetId,
    Cidr: record.cidr,
    ReservationType: record.type,
    OwnerId: scope.account,
    ...(record.description === undefined ? {} : { Description: record.description }),
    Tags: tagList(record.tags),
  };
}

/** Tells the subnet's address book about its reservations. */
function refresh(scope: Scope, subnetId: string): void {
  scope.books.edit(subnetId).v4?.reserve(scope.list("subnet-cidr-reservation").filter((record) => record.subnetId === subnetId));
}

export const reservationOperations = {
  CreateSubnetCidrReservation: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const subnet = scope.require("subnet", required(input.SubnetId, "subnetId"));
      const text = required(input.Cidr, "cidr");
      const type = required(input.ReservationType, "reservationType");
      if (type !== "prefix" && type !== "explicit") throw invalidValue(`Value (${type}) for parameter reservationType is invalid.`);
      const tags = specifiedTags(input.TagSpecifications, "subnet-cidr-reservation");
      const cidr = parseCidr(text);
      if (!cidr) throw invalidValue(`Value (${text}) for parameter cidr is invalid. This is not a valid CIDR block.`);
      const own = cidr.family === 4 ? subnet.cidr : subnet.cidr6?.cidr;
      if (!own || !contains(parseCidr(own)!, cidr)) {
        throw ec2Error("InvalidSubnetCidrReservation.Range", `The CIDR '${text}' is not within the CIDR of subnet '${subnet.id}'.`);
      }
      const inVpc = new Set(scope.list("subnet").flatMap((each) => (each.vpcId === subnet.vpcId ? [each.id] : [])));
      for (const other of scope.list("subnet-cidr-reservation")) {
        if (inVpc.has(other.subnetId) && overlaps(parseCidr(other.cidr)!, cidr)) {
          throw ec2Error(
            "InvalidSubnetCidrReservation.Conflict",
            `The CIDR '${text}' conflicts with another subnet CIDR reservation '${other.id}'.`,
          );
        }
      }
      const record = scope.change(() => {
        const written = scope.put("subnet-cidr-reservation", {
          id: scope.newId("subnet-cidr-reservation"),
          tags,
          subnetId: subnet.id,
          cidr: formatCidr(cidr),
          type,
          ...(input.Description === undefined ? {} : { description: input.Description }),
        });
        refresh(scope, subnet.id);
        return written;
      });
      return { SubnetCidrReservation: view(scope, record) };
    },
  },

  GetSubnetCidrReservations: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const subnet = scope.require("subnet", required(input.SubnetId, "subnetId"));
      const matches = filterBy<SubnetCidrReservation>(input.Filters, {
        reservationType: (each) => each.ReservationType,
        "reservation-type": (each) => each.ReservationType,
        "subnet-id": (each) => each.SubnetId,
      });
      const views = scope
        .list("subnet-cidr-reservation")
        .filter((record) => record.subnetId === subnet.id)
        .map((record) => view(scope, record))
        .filter(matches);
      const family = (each: SubnetCidrReservation) => parseCidr(each.Cidr!)!.family;
      return {
        SubnetIpv4CidrReservations: views.filter((each) => family(each) === 4),
        SubnetIpv6CidrReservations: views.filter((each) => family(each) === 6),
      };
    },
  },

  DeleteSubnetCidrReservation: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("subnet-cidr-reservation", required(input.SubnetCidrReservationId, "subnetCidrReservationId"));
      scope.change(() => {
        scope.delete("subnet-cidr-reservation", record.id);
        refresh(scope, record.subnetId);
      });
      return { DeletedSubnetCidrReservation: view(scope, record) };
    },
  },
} satisfies Ec2Operations;
