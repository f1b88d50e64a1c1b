// Changes of what clusters and capabilities stand on, read from the records of other services: a reason to look at their health.
import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";

/** Any change of these counts: their policies and states do. */
const CHANGING = ["iam/role", "kms/key", "kms/grant"];
/** Of these only that they are gone. */
const VANISHING = ["ec2/subnet", "ec2/security-group", "ec2/vpc"];

/** Tells when something changed that a cluster of the account may stand on. */
export function watchGround(store: Store, changed: (account: string) => void): { close(): void } {
  const watch = (kind: string, counts: (record: unknown) => boolean) =>
    new Collection<object>(store, kind).watch(({ key, record }) => {
      if (counts(record)) changed(key.slice(0, key.indexOf("/")));
    });
  const subscriptions = [
    ...CHANGING.map((kind) => watch(kind, () => true)),
    ...VANISHING.map((kind) => watch(kind, (record) => record === undefined)),
  ];
  return {
    close() {
      for (const subscription of subscriptions) subscription.close();
    },
  };
}
