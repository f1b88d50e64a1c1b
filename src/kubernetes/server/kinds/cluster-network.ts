// The ranges of Service addresses and the addresses taken from them, as objects.
import { isIPv6 } from "node:net";
import { type FieldError, invalid, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import type { Strategy } from "../strategy.ts";
import { address, addressBlock, immutable } from "./field-rules.ts";

const ranges: Strategy = {
  generation: true,
  prepareCreate(object) {
    object.status = {};
  },
  validate({ spec = {} }, old) {
    const cidrs: string[] = spec.cidrs ?? [];
    if (cidrs.length === 0) return [required("spec.cidrs", "at least one CIDR required")];
    if (cidrs.length > 2) return [invalid("spec", spec, "may only hold up to 2 values")];
    const errors = cidrs.flatMap((each, i) => addressBlock(`spec.cidrs[${i}]`, each));
    if (cidrs.length === 2 && isIPv6(cidrs[0]!.split("/")[0]!) === isIPv6(cidrs[1]!.split("/")[0]!))
      errors.push(invalid("spec", spec, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"));
    // A range may become one of both families; nothing else may change.
    const widened = old && cidrs.length === 2 && old.spec?.cidrs?.length === 1 && cidrs[0] === old.spec.cidrs[0];
    return old && !widened ? [...errors, ...immutable("spec.cidrs", cidrs, old.spec?.cidrs)] : errors;
  },
};

const addresses: Strategy = {
  generation: false,
  nameProblem: (name) => address("", name)[0]?.body.replace(/^Invalid value: "[^"]*": /, ""),
  validate({ spec = {} }, old) {
    const { parentRef } = spec;
    if (old) return equalJson(parentRef, old.spec?.parentRef) ? [] : immutable("spec.parentRef", parentRef, old.spec?.parentRef);
    if (!parentRef) return [required("spec.parentRef")];
    const errors: FieldError[] = [];
    for (const member of ["resource", "name"]) if (!parentRef[member]) errors.push(required(`spec.parentRef.${member}`));
    return errors;
  },
};

/** Strategies of ServiceCIDR and IPAddress. */
export const clusterNetworkKinds: Readonly<Record<string, Strategy>> = {
  "servicecidrs.networking.k8s.io": ranges,
  "ipaddresses.networking.k8s.io": addresses,
};
