// The access rules of all operations, by name.
import type { AccessRule } from "./demand.ts";

export const accessRules: Readonly<Record<string, AccessRule>> = {};
