// Custom resource definitions of add-ons. Their schemas are open, unless Atoll writes the objects: the add-ons' own software checks what they hold.
import type { NewObject } from "../../kubernetes/api/object.ts";

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A definition with one served version; spec and status hold anything unless a schema of the spec is given. */
export function crd(
  plural: string,
  kind: string,
  group: string,
  version: string,
  scope: string,
  shortNames?: readonly string[],
  spec: object = open,
): NewObject {
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
          schema: { openAPIV3Schema: { type: "object", properties: { spec, status: open } } },
          subresources: { status: {} },
        },
      ],
    },
  };
}
