// What writers of admission policies and their bindings are told.
import { after, before } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { testChanges, testCreations } from "../validation.ts";
import { bindingCreations, mutatingCreations, policyChanges, policyCreations } from "./policies-cases.ts";

let api: TestServer;
let newest: TestServer;
before(async () => {
  api = await startServer();
  newest = await startServer({ version: { major: "1", minor: "36", gitVersion: "v1.36.0" } });
});
after(async () => {
  await api?.close();
  await newest?.close();
});

testCreations(() => api, [...policyCreations, ...bindingCreations]);
testChanges(() => api, policyChanges);
testCreations(() => newest, mutatingCreations);
