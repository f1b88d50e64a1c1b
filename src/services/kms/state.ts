// Keys, aliases and grants of all accounts, and how a key is found by any of its names.
import { parseArn } from "../../aws/arn.ts";
import type { Call } from "../../aws/operation.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { invalid, noAlias, notFound } from "./errors.ts";
import type { AliasRecord, GrantRecord, KeyRecord } from "./records.ts";

/** Where keys live. */
export type Place = Pick<Call, "partition" | "account" | "region">;

export const scopeOf = ({ account, region }: Pick<Place, "account" | "region">) => `${account}/${region}/`;
export const keyArn = ({ partition, account, region }: Place, id: string) => `arn:${partition}:kms:${region}:${account}:key/${id}`;
export const aliasArn = ({ partition, account, region }: Place, name: string) => `arn:${partition}:kms:${region}:${account}:${name}`;

/** A key's name in a request, resolved: where it is and its id, whether or not there is such a key. */
export interface KeyReference {
  readonly place: Place;
  readonly id: string;
  readonly alias?: string;
}

export class KmsState {
  readonly keys: Collection<KeyRecord>;
  readonly aliases: Collection<AliasRecord>;
  readonly grants: Collection<GrantRecord>;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.keys = new Collection(store, "kms/key");
    this.aliases = new Collection(store, "kms/alias");
    this.grants = new Collection(store, "kms/grant");
  }

  /** The key of that id, unless its waiting period is over. */
  key(place: Pick<Place, "account" | "region">, id: string, now: number): Readonly<KeyRecord> | undefined {
    const key = this.keys.get(scopeOf(place) + id);
    if (!key || key.deletionAt === undefined || key.deletionAt > now) return key;
    this.#remove(place, key);
    return undefined;
  }

  /** Keys of an account in a region, in the order of their ids. */
  keysOf(place: Pick<Place, "account" | "region">, now: number): Readonly<KeyRecord>[] {
    return this.keys.list(scopeOf(place)).filter(({ id }) => this.key(place, id, now));
  }

  put(place: Pick<Place, "account" | "region">, key: KeyRecord): KeyRecord {
    return this.keys.put(scopeOf(place) + key.id, key);
  }

  /**
   * What a key id, key ARN, alias name or alias ARN means. Throws NotFoundException for an alias nobody has, an ARN of another region and what is
   * none of these.
   */
  resolve(text: string, call: Place): KeyReference {
    const arn = text.startsWith("arn:") ? parseArn(text) : undefined;
    if (text.startsWith("arn:") && arn?.service !== "kms") throw invalid(`Invalid ARN: ${text}`);
    if (arn && (arn.region !== call.region || arn.partition !== call.partition)) throw notFound(`Invalid arn ${arn.region}`);
    const place = arn ? { partition: arn.partition, account: arn.account, region: arn.region } : call;
    const name = arn ? arn.resource : text;
    if (name.startsWith("alias/")) {
      const alias = this.aliases.get(scopeOf(place) + name);
      if (!alias) throw noAlias(aliasArn(place, name));
      return { place, id: alias.targetKeyId, alias: name };
    }
    const id = arn ? /^key\/([^/]+)$/.exec(name)?.[1] : name;
    if (id === undefined || !/^(mrk-)?[0-9a-fA-F-]{32,36}$/.test(id)) throw notFound(`Invalid keyId '${text}'`);
    return { place, id };
  }

  aliasesOf(place: Pick<Place, "account" | "region">, keyId?: string): Readonly<AliasRecord>[] {
    return this.aliases.list(scopeOf(place)).filter(({ targetKeyId }) => keyId === undefined || targetKeyId === keyId);
  }

  grantsOf(place: Pick<Place, "account" | "region">, keyId: string): Readonly<GrantRecord>[] {
    return this.grants.list(`${scopeOf(place)}${keyId}/`);
  }

  #remove(place: Pick<Place, "account" | "region">, { id }: KeyRecord): void {
    this.#store.transact(() => {
      for (const { name } of this.aliasesOf(place, id)) this.aliases.delete(scopeOf(place) + name);
      for (const grant of this.grantsOf(place, id)) this.grants.delete(`${scopeOf(place)}${id}/${grant.id}`);
      this.keys.delete(scopeOf(place) + id);
    });
  }
}
