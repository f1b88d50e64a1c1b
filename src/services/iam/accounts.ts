// Accounts and their root users.
import { newAccessKey } from "./access-keys.ts";
import type { IamDeps } from "./deps.ts";
import { wholeSecond } from "./names.ts";

/** A long-term key as the operator gets it. The secret goes to an owner-only file, never to a log. */
export interface RootKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Accounts of this Atoll. */
export interface Accounts {
  /**
   * Makes an account with a root access key unless it exists. `rootKey` is the key made with it, the same one after a restart; absent once
   * somebody has deleted or deactivated it. Throws for anything but twelve digits.
   */
  ensureAccount(accountId: string): { readonly accountId: string; readonly created: boolean; readonly rootKey?: RootKey };
  /** Account ids, in order. */
  list(): string[];
}

export function createAccounts(deps: Pick<IamDeps, "state" | "random" | "clock">): Accounts {
  const { state, clock } = deps;
  return {
    ensureAccount(accountId) {
      if (!/^\d{12}$/.test(accountId)) throw new RangeError(`an account id has twelve digits: ${accountId}`);
      const existing = state.accounts.get(accountId);
      const account =
        existing ??
        state.store.transact(() => {
          const key = newAccessKey(accountId, undefined, clock.now(), deps);
          return state.accounts.put(accountId, { accountId, createdAt: wholeSecond(clock.now()), rootAccessKeyId: key.accessKeyId });
        });
      const key = state.accessKeys.get(account.rootAccessKeyId);
      const usable = key?.status === "Active" ? { rootKey: { accessKeyId: key.accessKeyId, secretAccessKey: key.secret } } : {};
      return { accountId, created: existing === undefined, ...usable };
    },
    list: () => state.accounts.list().map(({ accountId }) => accountId),
  };
}
