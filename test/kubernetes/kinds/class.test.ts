// What writers of classes, drivers and endpoints are told.
import { after, before } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { testChanges, testCreations } from "../validation.ts";
import { classChanges, classCreations } from "./class-cases.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

testCreations(() => api, classCreations);
testChanges(() => api, classChanges);
