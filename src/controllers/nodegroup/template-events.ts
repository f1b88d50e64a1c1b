// Tells when a launch template or a version of one is deleted, which may be one of EKS's.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";

/** Calls back with the scope (`<account>/<region>/`) of every deletion. */
export function watchTemplates(store: Store, deleted: (scope: string) => void): { close(): void } {
  const subscriptions = ["ec2/launch-template", "ec2/launch-template-version"].map((kind) =>
    new Collection(store, kind).watch(({ key, record }) => {
      if (!record) deleted(`${key.split("/").slice(0, 2).join("/")}/`);
    }),
  );
  return {
    close() {
      for (const subscription of subscriptions) subscription.close();
    },
  };
}
