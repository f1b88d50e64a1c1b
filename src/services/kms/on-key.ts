// Operations on one key: find it, ask whether the caller may, check its state, then act.
import type { Call, Conditions, InputOf, Operation, OperationName, OutputOf, Sdk } from "../../aws/operation.ts";
import { requireAccess } from "./access.ts";
import type { KmsDeps } from "./deps.ts";
import { disabled, noKey, notFound, pendingDeletion } from "./errors.ts";
import type { KeyRecord } from "./records.ts";
import { type KeyReference, keyArn, type Place } from "./state.ts";

/** A key that was found for a caller. */
export interface FoundKey {
  readonly key: Readonly<KeyRecord>;
  readonly place: Place;
}

/** What an operation asks of its key. */
export interface KeyRules<In> {
  /** Also keys of other accounts (by ARN). */
  readonly crossAccount?: boolean;
  /** `enabled`: ready for use; `kept`: not waiting for deletion. Default: any state. */
  readonly state?: "enabled" | "kept";
  /** Aliases are not taken for the key's name. */
  readonly noAlias?: boolean;
  /** Grants do not help. */
  readonly policyOnly?: boolean;
  encryptionContext?(input: In): Readonly<Record<string, string>> | undefined;
  conditions?(input: In, call: Call): Conditions;
}

type Kms = Sdk["kms"];

/** An operation on the key that its input's KeyId names. The key decides with IAM whether the caller may; see {@link requireAccess}. */
export function onKey<Name extends OperationName<Kms>>(
  operation: Name,
  rules: KeyRules<InputOf<Kms, Name>>,
  run: (found: FoundKey, input: InputOf<Kms, Name>, call: Call, deps: KmsDeps) => OutputOf<Kms, Name>,
): Operation<InputOf<Kms, Name>, OutputOf<Kms, Name>, KmsDeps> {
  return {
    action: "none",
    async run(input, call, deps) {
      const { KeyId = "" } = input as { KeyId?: string };
      const found = await findKey(operation, KeyId, call, deps, {
        ...rules,
        encryptionContext: rules.encryptionContext?.(input),
        conditions: rules.conditions?.(input, call),
      });
      return run(found, input, call, deps);
    },
  };
}

/** {@link KeyRules} for one request. */
export interface Demand extends Pick<KeyRules<never>, "crossAccount" | "state" | "noAlias" | "policyOnly"> {
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
  readonly conditions?: Conditions | undefined;
}

/**
 * The key that a request names, which the caller may use in this way and which is in a state for it. Throws NotFoundException,
 * AccessDeniedException, DisabledException, KMSInvalidStateException.
 */
export async function findKey(operation: string, name: string, call: Call, deps: KmsDeps, demand: Demand = {}): Promise<FoundKey> {
  const reference = deps.state.resolve(name, call);
  const { place, id, alias } = reference;
  if (demand.noAlias && alias !== undefined) throw notFound(`Invalid keyId ${name}`);
  const key = deps.state.key(place, id, call.now);
  if (!key || (place.account !== call.account && !demand.crossAccount)) return await missing(operation, reference, call);
  const { encryptionContext, conditions, policyOnly = false } = demand;
  requireAccess(call, { operation, key, alias, encryptionContext, policyOnly, ...(conditions && { conditions }) }, deps);
  requireState(key, demand.state);
  return { key, place };
}

/** Throws unless the key is in a state for what is asked of it (AWS KMS Developer Guide, "Key states of AWS KMS keys"). */
export function requireState(key: KeyRecord, state: Demand["state"]): void {
  if (state !== undefined && key.deletionAt !== undefined) throw pendingDeletion(key.arn);
  if (state === "enabled" && !key.enabled) throw disabled(key.arn);
}

/** Who may not ask about a key does not learn that there is none. */
async function missing(operation: string, { place, id }: KeyReference, call: Call): Promise<never> {
  const arn = keyArn(place, id);
  await call.authorize({ action: `kms:${operation}`, resources: [arn] });
  throw noKey(arn);
}
