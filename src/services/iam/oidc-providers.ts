// OpenID Connect providers: issuers whose tokens an account's roles may trust (spec identity §2.2).
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import type { IamDeps } from "./deps.ts";
import { alreadyExists, invalidInput, noSuchEntity, quotaExceeded, validationError } from "./errors.ts";
import { wholeSecond } from "./names.ts";
import type { OidcProviderRecord } from "./records.ts";
import { requestTagConditions, resourceTagConditions, toMap } from "./tags.ts";
import { tagsIfAny } from "./views.ts";

const PROVIDERS_PER_ACCOUNT = 100;
const CLIENT_IDS = 100;

interface ArnInput {
  readonly OpenIDConnectProviderArn?: string | undefined;
}

/** Key of a provider by the issuer it stands for, without scheme. */
export const providerKey = (account: string, url: string) => `${account}/${url}`;

/** A provider of the caller's account by ARN. */
function find({ OpenIDConnectProviderArn: arn = "" }: ArnInput, { account }: Call, { state }: IamDeps): OidcProviderRecord | undefined {
  validate({ member: "openIDConnectProviderArn", value: arn, min: 20, max: 2048 });
  const at = arn.indexOf(":oidc-provider/");
  const record = at < 0 ? undefined : state.providers.get(providerKey(account, arn.slice(at + ":oidc-provider/".length)));
  return record?.arn === arn ? record : undefined;
}

/** Like {@link find}; throws NoSuchEntity. */
export function requireProvider(input: ArnInput, call: Call, deps: IamDeps): OidcProviderRecord {
  const record = find(input, call, deps);
  if (!record) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${input.OpenIDConnectProviderArn}`);
  return record;
}

/** Replaces a provider's record. */
export function putProvider(record: OidcProviderRecord, { state }: IamDeps): OidcProviderRecord {
  return state.providers.put(providerKey(record.accountId, record.url), record);
}

/** Authorization on the provider an ARN names. */
export const onProvider = {
  resource: ({ OpenIDConnectProviderArn }: ArnInput) => OpenIDConnectProviderArn ?? "*",
  conditions: (input: ArnInput, call: Call, deps: IamDeps) => resourceTagConditions(find(input, call, deps)?.tags),
};

/**
 * Issuer without scheme of a URL that may be registered. AWS takes no port; Atoll's own issuers, which live on one, are let in.
 * Throws ValidationError.
 */
function issuerOf(url: string, { ownIssuer }: IamDeps): string {
  validate({ member: "url", value: url, min: 1, max: 255 });
  const form = /^https:\/\/[^/?#:@\s]+(?<port>:\d+)?(\/[^?#\s]*)?$/.exec(url);
  if (!form || !URL.canParse(url) || (form.groups?.port && !ownIssuer(url))) throw validationError("Invalid Open ID Connect Provider URL");
  return url.slice("https://".length);
}

function checkClientIds(ids: readonly string[]): void {
  validate(...ids.map((value) => ({ member: "clientIDList", value, min: 1, max: 255 })));
  if (ids.length > CLIENT_IDS) throw quotaExceeded("ClientIdsPerOpenIdConnectProvider", CLIENT_IDS);
}

function checkThumbprints(list: readonly string[]): void {
  if (list.length > 5) throw invalidInput("Thumbprint list must contain fewer than 5 entries.");
  if (list.some((thumbprint) => thumbprint.length !== 40)) {
    const bounds = "[Member must have length less than or equal to 40, Member must have length greater than or equal to 40]";
    throw validationError(
      `1 validation error detected: Value '[${list.join(", ")}]' at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: ${bounds}`,
    );
  }
  if (list.some((thumbprint) => !/^[0-9a-fA-F]+$/.test(thumbprint)))
    throw invalidInput("Thumbprint must be a 40 character hexadecimal value.");
}

/**
 * AWS shows the issuer without its scheme. An issuer with a port, which AWS has none of, keeps it: `localhost:4567/id/…` alone reads as a URL of
 * scheme `localhost`, and Terraform would make the provider anew each time.
 */
const shownUrl = (url: string) => (/^[^/]+:\d+(\/|$)/.test(url) ? `https://${url}` : url);

export const oidcProviders = {
  CreateOpenIDConnectProvider: {
    resource: ({ Url = "" }, call) => `arn:${call.partition}:iam::${call.account}:oidc-provider/${Url.replace(/^https:\/\//, "")}`,
    conditions: ({ Tags }) => requestTagConditions(Tags),
    async run({ Url = "", ClientIDList = [], ThumbprintList = [], Tags }, call, deps) {
      const url = issuerOf(Url, deps);
      checkClientIds(ClientIDList);
      checkThumbprints(ThumbprintList);
      const tags = toMap(Tags);
      const refuseSecond = () => {
        if (deps.state.providers.has(providerKey(call.account, url))) throw alreadyExists(`Provider with url ${Url} already exists.`);
        if (deps.state.providers.count(`${call.account}/`) >= PROVIDERS_PER_ACCOUNT) {
          throw quotaExceeded("OpenIdConnectProvidersPerAccount", PROVIDERS_PER_ACCOUNT);
        }
      };
      refuseSecond();
      const thumbprints = ThumbprintList.length > 0 ? ThumbprintList : [await fetchedThumbprint(Url, deps)];
      refuseSecond();
      const provider = putProvider(
        {
          arn: `arn:${call.partition}:iam::${call.account}:oidc-provider/${url}`,
          accountId: call.account,
          url,
          clientIds: [...new Set(ClientIDList)],
          thumbprints,
          createdAt: wholeSecond(call.now),
          tags,
        },
        deps,
      );
      return { OpenIDConnectProviderArn: provider.arn, ...tagsIfAny(tags) };
    },
  },

  GetOpenIDConnectProvider: {
    ...onProvider,
    run(input, call, deps) {
      const { url, clientIds, thumbprints, createdAt, tags } = requireProvider(input, call, deps);
      return {
        Url: shownUrl(url),
        ClientIDList: [...clientIds],
        ThumbprintList: [...thumbprints],
        CreateDate: new Date(createdAt),
        ...tagsIfAny(tags),
      };
    },
  },

  ListOpenIDConnectProviders: {
    resource: (_, call) => `arn:${call.partition}:iam::${call.account}:oidc-provider/*`,
    run: (_, { account }, { state }) => ({
      OpenIDConnectProviderList: state.providers.list(`${account}/`).map(({ arn }) => ({ Arn: arn })),
    }),
  },

  AddClientIDToOpenIDConnectProvider: {
    ...onProvider,
    run(input, call, deps) {
      const provider = requireProvider(input, call, deps);
      const clientIds = [...new Set([...provider.clientIds, input.ClientID ?? ""])];
      checkClientIds(clientIds);
      putProvider({ ...provider, clientIds }, deps);
      return {};
    },
  },

  RemoveClientIDFromOpenIDConnectProvider: {
    ...onProvider,
    run(input, call, deps) {
      const provider = requireProvider(input, call, deps);
      putProvider({ ...provider, clientIds: provider.clientIds.filter((id) => id !== input.ClientID) }, deps);
      return {};
    },
  },

  UpdateOpenIDConnectProviderThumbprint: {
    ...onProvider,
    run(input, call, deps) {
      const thumbprints = input.ThumbprintList ?? [];
      checkThumbprints(thumbprints);
      putProvider({ ...requireProvider(input, call, deps), thumbprints }, deps);
      return {};
    },
  },

  // Deleting one that is not there succeeds (IAM API Reference, DeleteOpenIDConnectProvider).
  DeleteOpenIDConnectProvider: {
    ...onProvider,
    run(input, call, deps) {
      const provider = find(input, call, deps);
      if (provider) deps.state.providers.delete(providerKey(call.account, provider.url));
      return {};
    },
  },
} satisfies Operations<Sdk["iam"], IamDeps>;

/** Thumbprint of the root that EKS's issuers commonly present (spec identity §2.2). */
const EKS_THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";

async function fetchedThumbprint(issuer: string, { thumbprint, ownIssuer }: IamDeps): Promise<string> {
  try {
    return await thumbprint(issuer);
  } catch {
    // An issuer of ours may go by a name that leads nowhere from here; its keys are known without asking.
    if (ownIssuer(issuer)) return EKS_THUMBPRINT;
    throw new AwsError(
      "OpenIdIdpCommunicationError",
      "Unable to communicate with the identity provider to retrieve its server certificate.",
      {},
      400,
    );
  }
}
