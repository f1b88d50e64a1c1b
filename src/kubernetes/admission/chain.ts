// Runs admission plugins in order: all mutating ones, once more if a webhook changed the object, later all validating ones.
import { Reinvocation } from "./reinvocation.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

/** The plugins as one; both steps stop at the first refusal. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): {
  mutate(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
  commit(request: AdmissionRequest): void;
} {
  const asked = ({ operation }: AdmissionRequest) => (operation === "CONNECT" ? plugins.filter(({ connections }) => connections) : plugins);
  return {
    async mutate(request) {
      const rounds = new Reinvocation();
      do {
        for (const plugin of asked(request)) {
          const pending = plugin.mutate?.(request, rounds);
          if (pending) await pending;
        }
      } while (rounds.next());
    },
    async validate(request) {
      for (const plugin of asked(request)) {
        const pending = plugin.validate?.(request);
        if (pending) await pending;
      }
    },
    commit(request) {
      for (const plugin of plugins) plugin.commit?.(request);
    },
  };
}
