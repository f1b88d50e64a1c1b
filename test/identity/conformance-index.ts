// Where each black-box case of spec identity §8 is shown: section, case, test file, and words of the test's title or table row.
// A case without a file is not shown; `why` says so.

/** One case. */
export interface Case {
  readonly id: string;
  readonly file?: string;
  readonly says?: string;
  readonly why?: string;
}

const shown = (file: string, cases: Readonly<Record<string, string>>): Case[] =>
  Object.entries(cases).map(([id, says]) => ({ id, file, says }));
const missing = (why: string, ...ids: string[]): Case[] => ids.map((id) => ({ id, why }));

const same = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, id]));

/** §8.1 */
export const tokens: readonly Case[] = [
  ...shown("test/identity/service-account-tokens.test.ts", {
    TestClaims: "the claims: exactly those of EKS",
    TestValidatePrivateClaims: "a token falls with what it is bound to",
    "extend-expiration (3607 → warnafter)": "3607 of a pod for the API: 90 days",
    "TokenRequest min": "less than 10 minutes",
    "TokenRequest max": "larger than 2\\^32 seconds",
    mintedTokenCarriesKubernetesServiceAccountClaims: "the claims: exactly those of EKS",
    mintRejectsMissingNamespaceOrServiceAccount: "no such account",
    mintClampsLifetimeToTheMaximum: "more is cut to a day",
  }),
  ...shown("src/clusters/signing-keys.test.ts", {
    "ServiceAccountIssuerDiscovery should support OIDC discovery": "the issuer serves its two documents and nothing else",
    ensureKeyIsIdempotentForTheSameIssuer: "rotates every seven days",
  }),
  ...shown("test/e2e/pod-identity.test.ts", { "should mount projected service account token": "pods see the variables the webhook sets" }),
  ...missing("keys belong to a cluster, whose issuer never changes", "ensureKeyRotatesWhenTheIssuerChanges"),
  ...missing("the API server refuses such names before a token is asked for", "namespaceWithControlCharactersStillProducesAParseableToken"),
  ...missing("needs a program inside the pod network", "should support InClusterConfig with token rotation"),
];

/** §8.2 */
export const webIdentity: readonly Case[] = [
  ...shown("test/sts/web-identity.test.ts", {
    mintedTokenAssumesRoleAndReturnsRealClaims: "a service account's token buys a session of its role",
    deniesTokenForDifferentServiceAccount: "another service account",
    rejectsTamperedSignature: "a changed payload",
    rejectsWrongAudience: "Incorrect token audience",
    rejectsUnsignedToken: "alg none",
    "verifier: issuer": "an unregistered issuer",
    "verifier: expiry": "expired by a second",
    "verifier: nbf": "not before an hour from now",
    "verifier: other cluster key": "another cluster's key under the same kid",
    "verifier: malformed": "two segments",
    "trust: subject mismatch": "another service account",
    "trust: namespace mismatch": "another namespace",
    "trust: audience mismatch": "the wrong audience",
    "trust: provider mismatch": "another provider",
    "trust: action": "another action",
    "trust: explicit deny": "an explicit deny beside",
    "trust: StringLike": "the namespace by wildcard",
    "trust: case-sensitive values": "a subject in other case",
    "trust: no conditions": "no conditions",
    "trust: other issuer's keys": "keys of another issuer",
    "session-name-too-long": "refused: a request with",
  }),
  ...shown("test/iam/oidc-providers.test.ts", {
    test_create_open_id_connect_provider: "a provider is registered, changed and removed",
    test_create_open_id_connect_provider_errors: "is refused",
    test_create_open_id_connect_provider_too_many_entries: "there are at most a hundred per account",
  }),
  ...shown("test/sts/sessions.test.ts", {
    test_get_caller_identity: "everybody learns who they are",
    test_get_federation_token: "GetFederationToken",
  }),
  ...shown(
    "test/identity/conformance-webhook.test.ts",
    same(
      ...[
        "rawPodNeedsSTS",
        "rawPodHasSTS",
        "rawPodNeedsRegion",
        "rawPodRegionPresent",
        "WithInitContainer",
        "WithVolumes",
        "WithoutVolumes",
      ],
      ...[
        "HasVolumeMount",
        "HasTokenExpiration",
        "MinTokenExpiration",
        "Skip",
        "NoSTSAnnotationOverride",
        "secComp",
        "WindowsNodeSelector stable",
      ],
      ...["WindowsNodeSelector beta", "NeedsAll", "WithConflictingVolumeMount", "WithRoleArn: Pod Identity wins", "MutationNotNeeded"],
    ),
  ),
  ...missing(
    "the webhook runs inside the control plane, without HTTP or a cache of its own",
    "TestModifierHandler",
    "TestCachePrecedence",
    "TestSAAnnotationRemoval",
  ),
  ...missing(
    "the ConfigMap of the self-hosted webhook does not exist on EKS",
    "TestFileConfig_*",
    "TestPopulateCacheFromCM",
    "TestRoleArnComposition",
  ),
];

/** §8.3 */
export const podIdentity: readonly Case[] = [
  ...shown("src/nodes/agent/handler.test.ts", {
    "TestValidateEksCredentialRequest: valid v4": "169.254.170.23",
    "TestValidateEksCredentialRequest: v6 with port": "[fd00:ec2::23]:80",
    "TestValidateEksCredentialRequest: other host": "evil.example",
    "TestValidateEksCredentialRequest: no token": "Service account token cannot be empty",
    "TestValidateEksCredentialRequest: expired": "an expired token",
    "TestValidateEksCredentialRequest: nbf future": "a token of the future",
    "TestEksCredentialServer 200": "gives credentials in the form SDKs read",
    "Caching, ActiveRequest dedupe": "asks once per token, also when asked at the same time",
    "Fetching min TTL": "never hands out credentials about to end",
    "Refresh keep on failure": "keeps serving the old ones when that fails for a moment",
    "Refresh evict": "forgets credentials when EKS Auth says the association is gone",
    HandleCredentialFetchingError: "of EKS Auth is passed on as",
    TestRateLimitMiddleware: "the throttle lets a burst of 500 through",
  }),
  ...shown("test/eks/access.test.ts", {
    "association: role fails, missing ones, duplicate": "associations refuse in order: cluster, role, trust",
    "association: getter, updater, deleter": "a pod identity association: one per service account",
  }),
  ...shown("test/eks/pod-identity.test.ts", {
    "cross-account target role": "with a target role: its credentials for 59 minutes",
    disableSessionTags: "without tags the target role is asked with the external id",
  }),
  ...shown("test/eks/addons.test.ts", { "addon-owned association": "its role is an association the add-on owns" }),
  ...missing("simulated nodes have no link-local network", "link/route tests", "probes"),
];

/** §8.4 */
export const cluster: readonly Case[] = [
  ...shown("test/identity/conformance-hosts.test.ts", { TestSTSEndpoints: "TestSTSEndpoints" }),
  ...shown("src/clusters/eks-token.test.ts", { TestVerifyTokenPreSTSValidations: "refuses" }),
  ...shown("src/clusters/identity-mapping.test.ts", {
    TestCanonicalARN: "canonical form of",
    "TestStripPath, RoleMapping": "match roles with a path, whose sessions carry none",
    "UserMapping, AccountMapping": "maps users, accounts and roles",
    NotMapped: "nobody is mapped by default",
    NodeMapping: "name nodes by their instance",
    TestRenderTemplate: "render the session name",
    TestBadParseMap: "one bad list leaves the others alone",
  }),
  ...shown("test/eks/access.test.ts", {
    test_eks_access_entry_duplicate: "one per principal",
    associate_access_policy_full_cycle: "policies: scopes replace each other",
    namespace_scope_requires_namespaces: "entry refused",
  }),
  ...missing(
    "STS is called inside the process: no HTTP to throttle, redirect or cut",
    "HTTPThrottling",
    "HTTPError",
    "NoRedirectsFollowed",
    "BodyReadError",
  ),
];

/** §8.5 */
export const iam: readonly Case[] = [
  ...shown("src/policy/parse.test.ts", { test_iam_policies: "managed policy:", "trust documents": "trust policy:" }),
  ...shown("test/policy/decisions.test.ts", { "test_auth: identity, deny, NotAction": "eks:" }),
  ...shown("test/sts/assume-role.test.ts", { AssumeRolePolicyEvaluatorTest: "a role that trusts" }),
  ...shown("test/iam/policies.test.ts", { "cannot_delete/tag_aws_managed_policy": "AWS managed policies are there and cannot be changed" }),
  ...shown("test/iam/roles.test.ts", { role_permissions_boundary_roundtrip: "boundaries are put, shown, counted and removed" }),
  ...shown("test/iam/service-linked-roles.test.ts", { service_linked_role: "the service-linked role of" }),
  ...shown("test/policy/documented-examples.test.ts", { "P1–P13": "P13" }),
  ...shown("test/policy/differential.test.ts", { "a second evaluator": "generated decisions agree" }),
];

/** §8.6 */
export const flows: readonly Case[] = [
  ...shown("src/clusters/signing-keys.test.ts", {
    "flow 1": "signs what an independent library verifies",
    "flow 14": "keeps old keys until no token can be valid",
  }),
  ...shown("test/e2e/pod-identity.test.ts", {
    "flow 2": "as a pod with IRSA is the annotated role",
    "flow 5": "the session tags decide",
    "flow 6": "without the association new pods have only their node's role",
  }),
  ...shown("test/identity/explain.test.ts", { "flow 3": "IRSA: first the provider is missing" }),
  ...shown("test/identity/aws-node-identity.test.ts", { "flow 4": "the node role loses its policy, and the network stays" }),
  ...shown("test/eks/pod-identity.test.ts", { "flow 7": "asked with the external id" }),
  ...shown("test/eks/addons.test.ts", { "flow 8": "with preserve the objects stay" }),
  ...shown("src/clusters/identity-webhook/plugin.test.ts", { "flow 9": "wins over the role annotation" }),
  ...shown("test/eks/access.test.ts", { "flow 11": "a standard entry" }),
  ...shown("src/clusters/identity-mapping.test.ts", {
    "flow 12": "name nodes by their instance",
    "flow 13": "CONFIG_MAP ignores entries, API ignores aws-auth",
  }),
  ...shown("test/identity/service-account-tokens.test.ts", { "flow 15": "an extended token as time goes by" }),
  ...shown("test/policy/documented-examples.test.ts", { "flow 16": "P8 boundary, P9 session" }),
  ...missing("Fargate pods have no agent; Windows nodes do not exist", "flow 10"),
];
