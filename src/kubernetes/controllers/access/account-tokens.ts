// Fills Secrets of type kubernetes.io/service-account-token with a token of their account, and removes them with the account.
import type { KubeObject } from "../../api/object.ts";
import { ACCOUNT_NAME, ACCOUNT_UID, legacyClaims, TOKEN_SECRET } from "../../auth/legacy-token.ts";
import type { TrustBundle } from "../../auth/trust-bundle.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";

/** Makes compact tokens of claims. */
export interface TokenSigner {
  sign(claims: object): string | Promise<string>;
}

const encode = (text: string) => Buffer.from(text).toString("base64");

/** The token controller. Keys are Secrets. */
export function accountTokensController({ client, stores }: ControllerDeps, signer: TokenSigner, bundle: TrustBundle): Controller {
  let subscription: { close(): void } | undefined;
  const secretsOf = (account: KubeObject) =>
    stores
      .of("secrets")
      .list(account.metadata.namespace)
      .filter(({ type, metadata }) => type === TOKEN_SECRET && metadata.annotations?.[ACCOUNT_NAME] === account.metadata.name)
      .map(keyOf);
  return {
    name: "account-tokens",
    start(enqueue) {
      subscription = bundle.watch(() => {
        for (const secret of stores.of("secrets").list()) if (secret.type === TOKEN_SECRET) enqueue(keyOf(secret));
      });
    },
    close: () => subscription?.close(),
    watches: [
      { type: "secrets", keys: ({ object }) => (object.type === TOKEN_SECRET ? [keyOf(object)] : []) },
      { type: "serviceaccounts", keys: ({ type, object }) => (type === "MODIFIED" ? [] : secretsOf(object)) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const secret = stores.of("secrets").get(namespace, name);
      if (secret?.type !== TOKEN_SECRET || secret.metadata.deletionTimestamp) return undefined;
      const { annotations = {}, uid } = secret.metadata;
      const account = client.get("serviceaccounts", namespace, annotations[ACCOUNT_NAME] ?? "");
      if (!account || (annotations[ACCOUNT_UID] !== undefined && annotations[ACCOUNT_UID] !== account.metadata.uid)) {
        await ignoreNotFound(client.delete("secrets", namespace, name, { uid }));
        return undefined;
      }
      const { token } = secret.data ?? {};
      const wanted = {
        "ca.crt": encode(bundle.pem),
        namespace: encode(namespace),
        token: token ?? encode(await signer.sign(legacyClaims(account, name))),
      };
      const same = Object.entries(wanted).every(([member, value]) => secret.data?.[member] === value);
      if (same && annotations[ACCOUNT_UID] === account.metadata.uid) return undefined;
      const metadata = { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_UID]: account.metadata.uid } };
      stores.of("secrets").observe(await client.update("secrets", { ...secret, metadata, data: { ...secret.data, ...wanted } }));
      return undefined;
    },
  };
}
