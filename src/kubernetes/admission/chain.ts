// Runs admission plugins in order: all mutating ones, later all validating ones.
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

/** The plugins as one; both steps stop at the first refusal. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): {
  mutate(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
  commit(request: AdmissionRequest): void;
} {
  return {
    async mutate(request) {
      for (const plugin of plugins) {
        const pending = plugin.mutate?.(request);
        if (pending) await pending;
      }
    },
    async validate(request) {
      for (const plugin of plugins) {
        const pending = plugin.validate?.(request);
        if (pending) await pending;
      }
    },
    commit(request) {
      for (const plugin of plugins) plugin.commit?.(request);
    },
  };
}
