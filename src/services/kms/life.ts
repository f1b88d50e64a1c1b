// The end of a key, and its rotation (AWS KMS API Reference).
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { KmsDeps } from "./deps.ts";
import { invalid, invalidState } from "./errors.ts";
import { onKey } from "./on-key.ts";

const DAY_MS = 24 * 3600 * 1000;

export const life = {
  ScheduleKeyDeletion: onKey(
    "ScheduleKeyDeletion",
    { state: "kept", noAlias: true, policyOnly: true },
    ({ key }, input, call, { state }) => {
      const days = input.PendingWindowInDays ?? 30;
      if (days < 7 || days > 30) throw invalid("PendingWindowInDays must be between 7 and 30 (inclusive).");
      const deletionAt = call.now + days * DAY_MS;
      state.put(call, { ...key, deletionAt, deletionWindowInDays: days });
      return { KeyId: key.arn, DeletionDate: new Date(deletionAt), KeyState: "PendingDeletion" as const, PendingWindowInDays: days };
    },
  ),

  CancelKeyDeletion: onKey("CancelKeyDeletion", { noAlias: true, policyOnly: true }, ({ key }, _input, call, { state }) => {
    const { deletionAt, deletionWindowInDays: _, ...rest } = key;
    if (deletionAt === undefined) throw invalidState(`${key.arn} is not pending deletion.`);
    state.put(call, { ...rest, enabled: false });
    return { KeyId: key.arn };
  }),

  EnableKeyRotation: onKey(
    "EnableKeyRotation",
    { state: "enabled", noAlias: true, policyOnly: true },
    ({ key }, input, call, { state }) => {
      const periodInDays = input.RotationPeriodInDays ?? key.rotation?.periodInDays ?? 365;
      state.put(call, { ...key, rotation: { periodInDays, enabledAt: call.now } });
      return {};
    },
  ),

  DisableKeyRotation: onKey(
    "DisableKeyRotation",
    { state: "enabled", noAlias: true, policyOnly: true },
    ({ key }, _input, call, { state }) => {
      const { rotation: _, ...rest } = key;
      state.put(call, rest);
      return {};
    },
  ),

  GetKeyRotationStatus: onKey(
    "GetKeyRotationStatus",
    { state: "kept", crossAccount: true, noAlias: true, policyOnly: true },
    ({ key: { arn, rotation } }, _input, call) => {
      if (!rotation) return { KeyId: arn, KeyRotationEnabled: false };
      const period = rotation.periodInDays * DAY_MS;
      const next = rotation.enabledAt + (Math.floor((call.now - rotation.enabledAt) / period) + 1) * period;
      return { KeyId: arn, KeyRotationEnabled: true, RotationPeriodInDays: rotation.periodInDays, NextRotationDate: new Date(next) };
    },
  ),
} satisfies Operations<Sdk["kms"], KmsDeps>;
