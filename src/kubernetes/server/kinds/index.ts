// All strategies, keyed `plural.group` of the form objects are kept in.
import type { Strategy } from "../strategy.ts";

export const strategies: Readonly<Record<string, Strategy>> = {};
