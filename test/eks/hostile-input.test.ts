// Whatever comes in, the newer operations answer with a modelled error or do what was asked: never a failure of our own, nothing half-written.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import type { OperationName, Sdk } from "../../src/aws/operation.ts";
import { control } from "./runtimes.ts";
import { clusterRequest, createWorld, makeGround, makeRole, trust } from "./world.ts";

const text = fc.oneof(
  fc.constantFrom(
    "dev",
    "none",
    "",
    "-",
    "a/b",
    "*",
    "oidc",
    "__proto__",
    "constructor",
    "system:",
    "https://a.b",
    "é\u0000",
    "x".repeat(5000),
  ),
  fc.string(),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.constantFrom(0, -1, 12, 1e308, true, false, null, undefined),
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
);
/** Mostly with every member, sometimes with some. */
const oneOf = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.record(members, { noNullPrototype: true }) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [], noNullPrototype: true }) },
  );
const selectors = fc.array(oneOf({ namespace: text, labels: fc.dictionary(text, text, { maxKeys: 7, noNullPrototype: true }) }), {
  maxLength: 7,
});
const named = { clusterName: fc.constantFrom("dev", "none", "") };
const tags = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true });

const INPUTS: Partial<Record<OperationName<Sdk["eks"]>, Record<string, fc.Arbitrary<unknown>>>> = {
  CreateFargateProfile: {
    ...named,
    fargateProfileName: text,
    podExecutionRoleArn: text,
    subnets: fc.array(text, { maxLength: 3 }),
    selectors,
    tags,
  },
  DescribeFargateProfile: { ...named, fargateProfileName: value },
  ListFargateProfiles: { ...named, nextToken: text, maxResults: value },
  DeleteFargateProfile: { ...named, fargateProfileName: text },
  AssociateIdentityProviderConfig: {
    ...{ ...named, tags },
    oidc: oneOf({
      ...{ identityProviderConfigName: text, issuerUrl: text, clientId: text, usernamePrefix: text, groupsPrefix: text },
      requiredClaims: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
    }),
  },
  DescribeIdentityProviderConfig: { ...named, identityProviderConfig: oneOf({ type: text, name: text }) },
  DisassociateIdentityProviderConfig: { ...named, identityProviderConfig: oneOf({ type: text, name: text }) },
  AssociateEncryptionConfig: {
    ...named,
    encryptionConfig: fc.array(oneOf({ resources: fc.array(text, { maxLength: 2 }), provider: oneOf({ keyArn: text }) }), { maxLength: 2 }),
  },
  RegisterCluster: { name: text, connectorConfig: oneOf({ roleArn: text, provider: text }), tags },
  DeregisterCluster: { name: value },
  CreateEksAnywhereSubscription: {
    name: text,
    term: oneOf({ duration: value, unit: text }),
    licenseQuantity: value,
    autoRenew: fc.boolean(),
    tags,
  },
  DescribeEksAnywhereSubscription: { id: text },
  ListEksAnywhereSubscriptions: { includeStatus: fc.array(text, { maxLength: 2 }), nextToken: text },
  UpdateEksAnywhereSubscription: { id: text, autoRenew: fc.boolean() },
  DeleteEksAnywhereSubscription: { id: text },
  ListInsights: {
    ...named,
    filter: oneOf({ categories: fc.array(text, { maxLength: 2 }), statuses: fc.array(text, { maxLength: 2 }) }),
    nextToken: text,
  },
  DescribeInsight: { ...named, id: text },
  StartInsightsRefresh: named,
  DescribeInsightsRefresh: named,
  CreateCapability: {
    ...named,
    ...{ capabilityName: text, type: text, roleArn: text, deletePropagationPolicy: text, tags },
    configuration: oneOf({
      argoCd: oneOf({
        ...{ namespace: text, endpointPrefix: text, awsIdc: oneOf({ idcInstanceArn: text, idcRegion: text }) },
        rbacRoleMappings: fc.array(oneOf({ role: text, identities: fc.array(oneOf({ id: text, type: text }), { maxLength: 2 }) })),
        networkAccess: oneOf({ vpceIds: fc.array(text, { maxLength: 2 }) }),
      }),
      ack: oneOf({ enableCrossNamespace: fc.boolean(), disabledServices: fc.array(text, { maxLength: 2 }) }),
    }),
  },
  DescribeCapability: { ...named, capabilityName: text },
  ListCapabilities: { ...named, nextToken: text },
  UpdateCapability: { ...named, capabilityName: text, roleArn: text },
  DeleteCapability: { ...named, capabilityName: text },
  CreateCertificateAuthority: named,
  ActivateCertificateAuthority: { ...named, certificateAuthorityId: text },
  DeleteCertificateAuthority: { ...named, certificateAuthorityId: text },
  ListCertificateAuthorities: { ...named, nextToken: text },
  DescribeCertificateAuthority: { ...named, certificateAuthorityId: text },
};

test("hostile input", async () => {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  await makeRole(world, "pods", trust("eks-fargate-pods.amazonaws.com"));
  const running = control(world);
  await running.settle();
  const call = world.eks as unknown as (operation: string, input: unknown) => Promise<unknown>;
  for (const [operation, members] of Object.entries(INPUTS)) {
    await fc.assert(
      fc.asyncProperty(oneOf(members), async (input) => {
        try {
          await call(operation, input);
        } catch (error) {
          assert.ok(error instanceof AwsError, `${operation} ${JSON.stringify(input)}: ${(error as Error).stack}`);
          assert.doesNotMatch(error.code, /^(ServerException|InternalFailure|InternalError)$/, `${operation} ${JSON.stringify(input)}`);
        }
      }),
      { numRuns: 80, seed: 11 },
    );
  }
  await running.close();
  world.close();
});
