// Custom resource definitions of add-ons. Their schemas are open: the add-ons' own software checks what they hold.
import type { NewObject } from "../../kubernetes/api/object.ts";

/** A definition with one served version whose spec and status hold anything. */
export function crd(plural: string, kind: string, group: string, version: string, scope: string, shortNames?: string[]): NewObject {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List`, ...(shortNames && { shortNames }) },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
          subresources: { status: {} },
        },
      ],
    },
  };
}
