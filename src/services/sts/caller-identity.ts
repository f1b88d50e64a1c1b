// Who am I, whose key is this, and what did that refusal mean.
import { AwsError } from "../../aws/errors.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { accountOf } from "../access-key-id.ts";
import type { StsDeps } from "./deps.ts";
import { validationError } from "./errors.ts";

export const callerIdentity = {
  GetCallerIdentity: {
    // No policy can refuse it (STS API Reference).
    action: "none",
    run: (_, { caller }) => ({ UserId: caller.userId, Account: caller.accountId, Arn: caller.arn }),
  },

  GetAccessKeyInfo: {
    run({ AccessKeyId = "" }) {
      const account = accountOf(AccessKeyId);
      if (account === undefined) throw validationError("Invalid access key id");
      return { Account: account };
    },
  },

  DecodeAuthorizationMessage: {
    run({ EncodedMessage = "" }, _, { decodeMessage }) {
      const message = decodeMessage(EncodedMessage);
      if (message === undefined) throw new AwsError("InvalidAuthorizationMessageException", "Message is not valid", {}, 400);
      return { DecodedMessage: message };
    },
  },
} satisfies Operations<Sdk["sts"], StsDeps>;
