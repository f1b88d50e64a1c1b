// User data of a node group's instances: EKS's part, after the customer's (EKS User Guide, "Amazon EC2 user data").
import { stringify } from "yaml";
import type { NodegroupSettings } from "../../services/eks/records.ts";
import type { Group } from "./group.ts";
import { wantedImage } from "./images.ts";
import { kubeTaint, nodeLabels } from "./node-objects.ts";

const BOUNDARY = "//";

/** Base64 of the user data; the customer's own where EKS adds nothing: for images of theirs and systems other than Amazon Linux 2023. */
export function userDataOf(group: Group, settings: NodegroupSettings, customers: string | undefined): string | undefined {
  const { cluster, nodegroup } = group;
  if (!nodegroup.amiType.startsWith("AL2023")) return customers;
  const labels = Object.entries(nodeLabels(nodegroup, settings, wantedImage(group, settings)));
  const taints = settings.taints.map(kubeTaint);
  const flags = [
    `--node-labels=${labels.map(([key, value]) => `${key}=${value}`).join(",")}`,
    ...(taints.length > 0
      ? [`--register-with-taints=${taints.map(({ key, value = "", effect }) => `${key}=${value}:${effect}`).join(",")}`]
      : []),
  ];
  const config = {
    ...{ apiVersion: "node.eks.aws/v1alpha1", kind: "NodeConfig" },
    spec: {
      cluster: {
        apiServerEndpoint: cluster.endpoint,
        certificateAuthority: cluster.certificateAuthority,
        cidr: cluster.serviceIpv4Cidr ?? cluster.serviceIpv6Cidr,
        name: cluster.name,
      },
      kubelet: { flags },
    },
  };
  const part = `Content-Type: application/node.eks.aws\n\n---\n${stringify(config, { lineWidth: 0 })}\n`;
  const given = customers === undefined ? [] : sectionsOf(Buffer.from(customers, "base64").toString());
  const sections = [...given, part].map((section) => `--${BOUNDARY}\n${section}`);
  const text = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${BOUNDARY}"\n\n${sections.join("")}--${BOUNDARY}--\n`;
  return Buffer.from(text).toString("base64");
}

/** The customer's archive as sections of another; a bare script becomes one. */
function sectionsOf(text: string): string[] {
  const boundary = /^Content-Type:\s*multipart\/[^\n]*boundary="?([^";\r\n]+)"?/im.exec(text)?.[1];
  if (boundary === undefined) return text.trim() === "" ? [] : [`Content-Type: text/x-shellscript; charset="us-ascii"\n\n${text}\n`];
  return text
    .split(`--${boundary}`)
    .slice(1)
    .filter((section) => !section.startsWith("--"))
    .map((section) => `${section.replace(/^\r?\n/, "").trimEnd()}\n`);
}
