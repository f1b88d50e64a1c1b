// URLs as Go's net/url reads them, with its words for what cannot be read.

/** The parts findings speak of. Absent parts are empty; `user` is undefined where there is none. */
export interface GoUrl {
  readonly scheme: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly query: string;
  readonly fragment: string;
}

const isControl = (character: string) => character < " " || character === "\u007f";
const hostCharacter = /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u;

/** Reads a URL as `url.Parse` does; the error is worded as Go words it. */
export function parseGoUrl(text: string): GoUrl | { readonly error: string } {
  const fail = (why: string) => ({ error: `parse ${JSON.stringify(text)}: ${why}` });
  const [whole, fragment] = cut(text, "#");
  if ([...whole].some(isControl)) return fail("net/url: invalid control character in URL");
  if (whole.startsWith(":")) return fail("missing protocol scheme");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(whole)?.[1] ?? "";
  const [rest, query] = cut(scheme ? whole.slice(scheme.length + 1) : whole, "?");
  const parts = { scheme: scheme.toLowerCase(), user: undefined, host: "", query, fragment };
  if (!rest.startsWith("/")) {
    if (scheme) return parts;
    if ((rest.split("/")[0] ?? "").includes(":")) return fail("first path segment in URL cannot contain colon");
  }
  const [authority, path] = rest.startsWith("//") && (scheme || !rest.startsWith("///")) ? atSlash(rest.slice(2)) : ["", rest];
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user !== undefined && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return fail("net/url: invalid userinfo");
  const why = hostProblem(host) ?? escapeProblem(user ?? "") ?? escapeProblem(path) ?? escapeProblem(fragment);
  return why ? fail(why) : { ...parts, user, host };
}

function cut(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function atSlash(text: string): [authority: string, path: string] {
  const at = text.indexOf("/");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  const behind = host.startsWith("[") ? host.slice(host.lastIndexOf("]") + 1) : host.includes(":") ? host.slice(host.lastIndexOf(":")) : "";
  if (!/^(:[0-9]*)?$/.test(behind)) return `invalid port ${JSON.stringify(behind)} after host`;
  const escaped = /%(?!25)[0-7][0-9A-Fa-f]/.exec(host)?.[0];
  const problem = escapeProblem(host) ?? (escaped && `invalid URL escape ${JSON.stringify(escaped)}`);
  if (problem) return problem;
  const wrong = [...host].find((each) => !hostCharacter.test(each));
  return wrong === undefined ? undefined : `invalid character ${JSON.stringify(wrong)} in host name`;
}

function escapeProblem(text: string): string | undefined {
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0];
  return wrong === undefined ? undefined : `invalid URL escape ${JSON.stringify(wrong)}`;
}
