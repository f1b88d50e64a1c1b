// The format of Action and NotAction elements.
import { malformed } from "./errors.ts";

/** Throws MalformedPolicyDocument unless every action is `*` or `vendor:name`. */
export function validateActionVendors(actions: readonly string[]): void {
  for (const action of actions) {
    const [vendor = "", ...rest] = action.split(":");
    if (/^\*+$/.test(action)) continue;
    if (rest.length === 0) throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (rest.length > 1) throw malformed("Actions/Condition can contain only one colon.");
    if (vendor !== "*" && /[^a-zA-Z0-9.-]/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`);
  }
}

const TRUST_ACTIONS = new Set([
  "sts:assumerole",
  "sts:assumerolewithsaml",
  "sts:assumerolewithwebidentity",
  "sts:tagsession",
  "sts:setsourceidentity",
  "sts:setcontext",
]);

/** Throws MalformedPolicyDocument unless every action is one that a role's trust policy may hold (IAM User Guide, creating a role). */
export function validateTrustActions(actions: readonly string[]): void {
  for (const action of actions) {
    const folded = action.toLowerCase();
    if (!folded.startsWith("sts:")) throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    if (TRUST_ACTIONS.has(folded) || /[*?]/.test(folded)) continue;
    throw malformed(
      "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity",
    );
  }
}
