// AWS Signature Version 4: verifying requests and presigned URLs, and signing.
export { type AuthFailure, type Claim, type FailureReason, isFailure, readClaim } from "./sigv4/authorization.ts";
export { type PresignOptions, presign, presignCallerIdentity, type SigningKeys, type SigningScope, signRequest } from "./sigv4/sign.ts";
export {
  type PresignedResult,
  type PresignedRules,
  type SignedRequest,
  type SigningCredential,
  verifyClaim,
  verifyPresigned,
  WRONG_REGION,
  wrongService,
} from "./sigv4/verify.ts";
