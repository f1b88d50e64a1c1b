// Certificate requests: kubelets' own are approved, approved ones signed, old ones removed.
import { timestamp } from "../../api/json.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { appServing, type CertificateSigner, type CertificateSubject, isOwnServing, kubeletServing, lifetime, refusal } from "./rules.ts";

const type = "certificatesigningrequests.certificates.k8s.io";
const signers: readonly string[] = [kubeletServing, appServing];
const hour = 3_600_000;
/** How long requests are kept: decided or signed ones an hour, undecided ones a day. Milliseconds. */
const kept = { decided: hour, pending: 24 * hour };

/** Approver, signer and cleaner in one: each is one step of the same small life. Keys are names. */
export function certificateController({ client, stores, clock }: ControllerDeps, signer: CertificateSigner): Controller {
  const condition = (name: string, reason: string, message: string) => {
    const now = timestamp(clock.now());
    return { type: name, status: "True", reason, message, lastUpdateTime: now, lastTransitionTime: now };
  };
  const withCondition = (request: KubeObject, added: object) => ({
    ...request,
    status: { ...request.status, conditions: [...(request.status?.conditions ?? []), added] },
  });

  const mayHave = async (request: KubeObject, subresource: string): Promise<boolean> => {
    const { username: user, groups, uid, extra } = request.spec;
    const resourceAttributes = {
      verb: "create",
      group: "certificates.k8s.io",
      version: "*",
      resource: "certificatesigningrequests",
      subresource,
    };
    const review = await client.create("subjectaccessreviews.authorization.k8s.io", "", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: { user, groups, uid, extra, resourceAttributes },
    });
    return review.status?.allowed === true;
  };

  const approve = async (request: KubeObject, subject: CertificateSubject) => {
    if (request.spec.signerName !== kubeletServing || !isOwnServing(request, subject)) return;
    if (!(await mayHave(request, "selfnodeserver"))) return;
    const text = "Auto approving kubelet server certificate after SubjectAccessReview.";
    await client.update(type, withCondition(request, condition("Approved", "AutoApproved", text)), "approval");
  };

  const sign = async (request: KubeObject, subject: CertificateSubject, pem: string) => {
    const why = refusal(request.spec.signerName, request, subject);
    if (why) {
      await client.updateStatus(type, withCondition(request, condition("Failed", "SignerValidationFailure", why)));
      return;
    }
    const certificate = await signer.sign({ pem, usages: request.spec.usages, seconds: lifetime(request) });
    await client.updateStatus(type, {
      ...request,
      status: { ...request.status, certificate: Buffer.from(certificate).toString("base64") },
    });
  };

  return {
    name: "certificate-controller",
    watches: [{ type, keys: ({ object }) => [object.metadata.name] }],
    async reconcile(name) {
      const request = stores.of(type).get("", name);
      if (!request || request.metadata.deletionTimestamp) return undefined;
      const rest = remaining(request, clock.now());
      if (rest <= 0) {
        await client.delete(type, "", name, { uid: request.metadata.uid });
        return undefined;
      }
      const { approved, denied, failed } = decided(request);
      if (!signers.includes(request.spec.signerName) || denied || failed || request.status?.certificate) return rest;
      const pem = Buffer.from(request.spec.request, "base64").toString();
      const subject = await signer.read(pem).catch(() => undefined);
      if (subject) await (approved ? sign(request, subject, pem) : approve(request, subject));
      return rest;
    },
  };
}

function decided(request: KubeObject): { approved: boolean; denied: boolean; failed: boolean } {
  const has = (name: string) => (request.status?.conditions ?? []).some((each: any) => each.type === name);
  return { approved: has("Approved"), denied: has("Denied"), failed: has("Failed") };
}

/** Milliseconds a request still has. */
function remaining(request: KubeObject, now: number): number {
  const times = (request.status?.conditions ?? []).map((each: any) => Date.parse(each.lastUpdateTime ?? ""));
  const latest = Math.max(...times.filter((time: number) => !Number.isNaN(time)));
  if (Number.isFinite(latest)) return latest + kept.decided - now;
  return Date.parse(request.metadata.creationTimestamp as string) + kept.pending - now;
}
