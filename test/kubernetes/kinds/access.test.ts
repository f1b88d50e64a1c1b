// What writers of roles and bindings are told.
import { after, before } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { testChanges, testCreations } from "../validation.ts";
import { accessChanges, accessCreations } from "./access-cases.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

testCreations(() => api, accessCreations);
testChanges(() => api, accessChanges);
