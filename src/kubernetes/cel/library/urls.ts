// Kubernetes' URL functions for CEL.
import type { Environment } from "@marcbachmann/cel-js";

/** A URL in CEL. */
class CelUrl {
  readonly url: URL;
  /** Given as an absolute path alone. */
  readonly pathOnly: boolean;

  constructor(url: URL, pathOnly: boolean) {
    this.url = url;
    this.pathOnly = pathOnly;
  }
}

/** Go's ParseRequestURI: an absolute URL or an absolute path. */
function parse(text: string): CelUrl | undefined {
  if (text.startsWith("/") && URL.canParse(text, "http://path")) return new CelUrl(new URL(text, "http://path"), true);
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text) ? new CelUrl(new URL(text), false) : undefined;
}

/** Registers url, isURL and what URLs answer. */
export function registerUrls(environment: Environment): void {
  const part = (read: (url: URL) => string) => (each: CelUrl) => (each.pathOnly ? "" : read(each.url));
  environment
    .registerType("URL", CelUrl)
    .registerFunction("url(string): URL", (text: string) => {
      const found = parse(text);
      if (!found) throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
      return found;
    })
    .registerFunction("isURL(string): bool", (text: string) => parse(text) !== undefined)
    .registerFunction(
      "URL.getScheme(): string",
      part((url) => url.protocol.slice(0, -1)),
    )
    .registerFunction(
      "URL.getHost(): string",
      part((url) => url.host),
    )
    .registerFunction(
      "URL.getHostname(): string",
      part((url) => url.hostname.replace(/^\[|\]$/g, "")),
    )
    .registerFunction(
      "URL.getPort(): string",
      part((url) => url.port),
    )
    .registerFunction("URL.getEscapedPath(): string", ({ url }: CelUrl) => url.pathname)
    .registerFunction("URL.getQuery(): map<string, list<string>>", ({ url }: CelUrl) => {
      const query: Record<string, string[]> = {};
      for (const [key, value] of url.searchParams) query[key] = [...(query[key] ?? []), value];
      return query;
    })
    .registerOperator("URL == URL", (a: CelUrl, b: CelUrl) => a.url.href === b.url.href && a.pathOnly === b.pathOnly);
}
