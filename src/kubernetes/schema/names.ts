// Names of Go types as error messages and OpenAPI documents spell them.

const openApiPackages: Readonly<Record<string, string>> = {
  meta: "io.k8s.apimachinery.pkg.apis.meta",
  apiextensions: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
  apiregistration: "io.k8s.kube-aggregator.pkg.apis.apiregistration",
};

const openApiSpecials: Readonly<Record<string, string>> = {
  "resource.Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
  "intstr.IntOrString": "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  "runtime.RawExtension": "io.k8s.apimachinery.pkg.runtime.RawExtension",
  "types.UID": "io.k8s.apimachinery.pkg.types.UID",
};

/** `core.v1.PodSpec` → `io.k8s.api.core.v1.PodSpec`. */
export function openApiName(typeName: string): string {
  const special = openApiSpecials[typeName];
  if (special) return special;
  const [group = "", ...rest] = typeName.split(".");
  return [openApiPackages[group] ?? `io.k8s.api.${group}`, ...rest].join(".");
}

/** `[]core.v1.Container` → `[]v1.Container`; `{}string` → `map[string]string`; `bytes` → `[]uint8`: Go's reflect.Type.String(). */
export function goTypeName(type: string): string {
  if (type.startsWith("*")) return `*${goTypeName(type.slice(1))}`;
  if (type.startsWith("[]")) return `[]${goTypeName(type.slice(2))}`;
  if (type.startsWith("{}")) return `map[string]${goTypeName(type.slice(2))}`;
  if (type === "bytes") return "[]uint8";
  if (type === "any") return "interface {}";
  const parts = type.split(".");
  return parts.length <= 2 ? type : parts.slice(-2).join(".");
}
