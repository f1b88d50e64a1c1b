// CertificateSubjectRestriction: nobody gets system:masters by a certificate from the API server's client signer.
import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { forbidden } from "../api/status.ts";
import type { AdmissionPlugin } from "./types.ts";

const resource = { group: "certificates.k8s.io", plural: "certificatesigningrequests" };
const signer = "kubernetes.io/kube-apiserver-client";

export const certificateSubject: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  validate({ operation, group, resource: plural, subresource, object, name }) {
    if (operation !== "CREATE" || group !== resource.group || plural !== resource.plural || subresource !== "") return;
    if (object?.spec?.signerName !== signer || typeof object.spec.request !== "string") return;
    if (!organizationsOf(object.spec.request).includes("system:masters")) return;
    throw forbidden(resource, name, `use of ${signer} signer with system:masters group is not allowed`);
  },
};

/** Organizations a request asks for; none if it cannot be read, which validation refuses. */
function organizationsOf(base64: string): string[] {
  try {
    const request = new Pkcs10CertificateRequest(Buffer.from(base64, "base64").toString());
    return request.subjectName.getField("O");
  } catch {
    return [];
  }
}
