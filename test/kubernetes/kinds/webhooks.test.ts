// What writers of webhook configurations are told.
import { after, before } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { testChanges, testCreations } from "../validation.ts";
import { webhookChanges, webhookCreations } from "./webhooks-cases.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

testCreations(() => api, webhookCreations);
testChanges(() => api, webhookChanges);
