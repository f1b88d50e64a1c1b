// Who sends a request: the chain of authenticators, then impersonation.
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { badRequest, unauthorized } from "../../api/status.ts";
import type { Authenticator, UserInfo } from "../../auth/types.ts";
import { requireAllowed } from "../authorize.ts";
import type { ServerContext } from "../context.ts";

const anonymous: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** The user of a request; `annotate` adds to its audit record. Credentials that are refused, or that nobody knows, are a 401; no credentials at all are the anonymous user. */
export async function authenticate(
  authenticators: readonly Authenticator[],
  request: IncomingMessage,
  annotate: (key: string, value: string) => void = () => {},
): Promise<UserInfo> {
  const header = request.headers.authorization;
  const token = header && /^bearer\s+(\S+)\s*$/i.exec(header)?.[1];
  const session = (request as unknown as { stream?: { session?: { socket?: TLSSocket } } }).stream?.session;
  const socket = (session?.socket ?? request.socket) as TLSSocket | undefined;
  for (const authenticator of authenticators) {
    const answer = await authenticator.authenticate({
      headers: request.headers,
      ...(token && { token }),
      ...(socket && { socket }),
      annotate,
    });
    if (answer === "invalid") throw unauthorized();
    if (answer) return withGroup(answer, "system:authenticated");
  }
  if (header !== undefined) throw unauthorized();
  return anonymous;
}

function withGroup(user: UserInfo, group: string): UserInfo {
  return user.groups.includes(group) ? user : { ...user, groups: [...user.groups, group] };
}

/** The user a request acts as. Throws 403 unless every impersonated part is allowed, 400 for parts without a user. */
export function impersonate(context: ServerContext, request: IncomingMessage, user: UserInfo): UserInfo | undefined {
  const wanted = impersonation(request);
  if (!wanted) return undefined;
  const { username, uid, groups, extra } = wanted;
  if (!username) throw badRequest("requested impersonation without impersonating a user");
  const check = (group: string, resource: string, subresource: string, namespace: string, name: string) =>
    requireAllowed(context, { user, verb: "impersonate", group, version: "v1", resource, subresource, namespace, name });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  if (account) check("", "serviceaccounts", "", account[1] as string, account[2] as string);
  else check("", "users", "", "", username);
  for (const group of groups) check("", "groups", "", "", group);
  if (uid) check("authentication.k8s.io", "uids", "", "", uid);
  for (const [key, values] of Object.entries(extra))
    for (const value of values) check("authentication.k8s.io", "userextras", key, "", value);
  const implied = account && groups.length === 0 ? ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`] : [];
  const all = [...groups, ...implied];
  const membership = username === anonymous.username ? "system:unauthenticated" : "system:authenticated";
  return withGroup({ username, ...(uid && { uid }), groups: all, ...(Object.keys(extra).length > 0 && { extra }) }, membership);
}

function impersonation(request: IncomingMessage) {
  const groups: string[] = [];
  const extra: Record<string, string[]> = {};
  let username = "";
  let uid = "";
  let found = false;
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (!name.startsWith("impersonate-")) continue;
    found = true;
    const value = raw[i + 1] as string;
    if (name === "impersonate-user") username = value;
    else if (name === "impersonate-uid") uid = value;
    else if (name === "impersonate-group") groups.push(value);
    else if (name.startsWith("impersonate-extra-")) {
      const key = safeDecode(name.slice("impersonate-extra-".length));
      extra[key] = [...(extra[key] ?? []), value];
    }
  }
  return found ? { username, uid, groups, extra } : undefined;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
