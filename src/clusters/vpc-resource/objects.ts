// What the VPC resource controller needs in a cluster: its resource types and its rights.
import type { NewObject } from "../../kubernetes/api/object.ts";
import { vpcResourceCrds } from "./crds.ts";
import { vpcResourceRoles } from "./roles.ts";

/** Objects by resource type, in order of creation. */
export function vpcResourceObjects(): { type: string; object: NewObject }[] {
  const crds = vpcResourceCrds().map((object) => ({ type: "customresourcedefinitions.apiextensions.k8s.io", object }));
  return [...vpcResourceRoles(), ...crds];
}
