// TestMetricFilter: which of some messages a pattern matches (CloudWatch Logs API Reference).
import type { Operations, Sdk } from "../../../aws/operation.ts";
import type { LogsDeps } from "../deps.ts";
import { parseFilterPattern } from "./pattern.ts";

export const testMetricFilter = {
  TestMetricFilter: {
    run({ filterPattern = "", logEventMessages = [] }) {
      const matches = parseFilterPattern(filterPattern);
      const numbered = logEventMessages.map((eventMessage, index) => ({ eventNumber: index + 1, eventMessage, extractedValues: {} }));
      return { matches: numbered.filter(({ eventMessage }) => matches(eventMessage)) };
    },
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;
