// Image references, as far as the default pull policy needs them.

/** The tag of an image reference: "latest" when it has neither tag nor digest, "" when it has only a digest. */
export function imageTag(reference: string): string {
  const digest = reference.indexOf("@");
  const name = digest < 0 ? reference : reference.slice(0, digest);
  const colon = name.lastIndexOf(":");
  if (colon > name.lastIndexOf("/")) return name.slice(colon + 1);
  return digest < 0 ? "latest" : "";
}

/** Always for `:latest`, IfNotPresent otherwise. An empty reference counts as not latest. */
export function defaultPullPolicy(reference: unknown): "Always" | "IfNotPresent" {
  return typeof reference === "string" && reference !== "" && imageTag(reference) === "latest" ? "Always" : "IfNotPresent";
}
