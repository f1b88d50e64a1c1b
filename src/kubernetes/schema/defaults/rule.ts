// What a default is: a function per Go type that fills absent members in place.

import type { StructType } from "../types.ts";

/** A decoded JSON object. */
export type Json = Record<string, any>;

/** Fills in one struct value; its members are defaulted after it. `struct` says which fields the cluster's minor has. */
export type Defaulter = (value: Json, struct: StructType) => void;

/** Sets a member that is absent, null or "" — Go's zero value of strings. */
export function fill(value: Json, name: string, initial: unknown): void {
  if (value[name] === undefined || value[name] === null || value[name] === "") value[name] = initial;
}

/** Sets a pointer member that is absent or null; "", 0 and false are values. */
export function fillPointer(value: Json, name: string, initial: unknown): void {
  if (value[name] === undefined || value[name] === null) value[name] = initial;
}

/** Sets a number that is absent or 0. */
export function fillNumber(value: Json, name: string, initial: number): void {
  if (!value[name]) value[name] = initial;
}

/** The member, made an empty object first if it is absent. */
export function child(value: Json, name: string): Json {
  value[name] ??= {};
  return value[name];
}

/** True for absent, null, and empty lists and objects. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
