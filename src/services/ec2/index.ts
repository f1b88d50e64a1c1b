// Amazon EC2 as Atoll needs it: networks, interfaces, instances, launch templates, tags.

import { type Service, service } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { Choice } from "../../vpc/address-book.ts";
import type { IamDirectory } from "../ports.ts";
import { withAccess } from "./access.ts";
import type { Delays, Ec2Deps } from "./deps.ts";
import { createTransitions, immediate, resumeTransitions } from "./lifecycle.ts";
import { limits } from "./limits.ts";
import { operations } from "./operations.ts";

export { type AddressFault, checkAddresses } from "./check.ts";
export type { Delays } from "./deps.ts";
export { ec2Throttle } from "./request-limits.ts";

/** What EC2 needs. `profiles` is IAM's view of instance profiles; without it every profile is taken to exist. */
export interface Ec2Options {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly delays?: Partial<Delays>;
  readonly profiles?: Pick<IamDirectory, "instanceProfileRole">;
  /** Which free addresses are given; random ones unless given. */
  readonly addressChoice?: Choice;
  /** Network interfaces per region; 5000 unless given. */
  readonly interfaceQuota?: number;
}

/** Makes the EC2 service. Records caught in a transition by the last shutdown go on from here. */
export function createEc2(options: Ec2Options): { readonly service: Service } {
  const { store, clock, random } = options;
  const delays: Delays = { ...immediate, ...options.delays };
  const deps: Ec2Deps = {
    store,
    clock,
    random,
    profiles: options.profiles,
    scopes: new Map(),
    addressChoice: options.addressChoice ?? "random",
    interfaceQuota: options.interfaceQuota ?? limits.interfacesPerRegion,
    transition: createTransitions({ clock }, delays),
  };
  resumeTransitions(deps);
  return { service: service("ec2", deps, withAccess(operations)) };
}
