// Certificate requests: who may approve and sign for a signer, and which identities nobody may ask for.
import { forbidden } from "../api/status.ts";
import type { Attributes, Verdict } from "../auth/types.ts";
import type { AdmissionPlugin } from "./types.ts";

const group = "certificates.k8s.io";
const resource = { group, plural: "certificatesigningrequests" };

/** CertificateApproval and CertificateSigning: a verb on the signer itself is needed, by its name or its domain's wildcard. */
export function certificates(authorize: (attributes: Attributes) => Verdict): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    validate(request) {
      if (request.group !== group || request.resource !== resource.plural || request.operation !== "UPDATE") return;
      const { user, name, subresource, object, oldObject } = request;
      const signs = subresource === "status" && object?.status?.certificate !== oldObject?.status?.certificate;
      if (subresource !== "approval" && !signs) return;
      const verb = signs ? "sign" : "approve";
      const signer: string = oldObject?.spec?.signerName ?? "";
      const wildcard = `${signer.split("/")[0]}/*`;
      const base = { user, verb, group, version: "*", resource: "signers", subresource: "", namespace: "" };
      if ([signer, wildcard].some((each) => authorize({ ...base, name: each }).decision === "allow")) return;
      throw forbidden(resource, name, `user not permitted to ${verb} requests with signerName "${signer}"`);
    },
  };
}
