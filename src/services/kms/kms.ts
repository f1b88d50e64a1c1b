// AWS Key Management Service: symmetric encryption keys with their policies, aliases, grants and tags.
import { type Service, service } from "../../aws/operation.ts";
import type { Store } from "../../store/store.ts";
import { aliases } from "./aliases.ts";
import { cryptography } from "./cryptography.ts";
import type { KmsDeps } from "./deps.ts";
import { grants } from "./grants.ts";
import { keys } from "./keys.ts";
import { life } from "./life.ts";
import { policies } from "./policies.ts";
import { KmsState } from "./state.ts";
import { tags } from "./tags.ts";

/** Makes the service. */
export function createKms({ store, ...rest }: Omit<KmsDeps, "state"> & { readonly store: Store }): { service: Service; deps: KmsDeps } {
  const deps: KmsDeps = { ...rest, state: new KmsState(store) };
  return { service: service("kms", deps, keys, life, policies, aliases, tags, grants, cryptography), deps };
}
