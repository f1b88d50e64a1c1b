// The public parameters that name images for EKS nodes (EKS User Guide, "Retrieve recommended Amazon Linux AMI IDs", and its Bottlerocket
// and Windows sisters).
import { IMAGE_VERSIONS, imageId, type NodeImage, nodeImages } from "../node-images.ts";

/** A parameter everybody may read. */
export interface PublicParameter {
  readonly name: string;
  readonly value: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

const tables = new Map<string, ReadonlyMap<string, PublicParameter>>();

/** The public parameters of a Region by name, in order of name. */
export function publicParameters(region: string): ReadonlyMap<string, PublicParameter> {
  let table = tables.get(region);
  if (!table) {
    const all = nodeImages().flatMap((image) => parametersOf(region, image, isNewest(image)));
    table = new Map(all.sort((a, b) => (a.name < b.name ? -1 : 1)).map((parameter) => [parameter.name, parameter]));
    if (tables.size >= 40) tables.clear();
    tables.set(region, table);
  }
  return table;
}

/** The last image of its type and version is the one recommended. */
const newest = new Set(
  IMAGE_VERSIONS.flatMap((version) => {
    const last = new Map(nodeImages().flatMap((image) => (image.version === version ? [[image.type, image] as const] : [])));
    return [...last.values()];
  }),
);
const isNewest = (image: NodeImage) => newest.has(image);

function parametersOf(region: string, image: NodeImage, recommended: boolean): PublicParameter[] {
  const { os, version, releaseVersion, released, name } = image;
  const id = imageId(region, image);
  const modifiedAt = Date.parse(`${released.slice(0, 4)}-${released.slice(4, 6)}-${released.slice(6)}T00:00:00Z`);
  const leaf = (path: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => ({ name: key === "" ? path : `${path}/${key}`, value, modifiedAt }));

  if (os === "bottlerocket") {
    const family = `/aws/service/bottlerocket/aws-k8s-${version}${image.variant}/${image.architecture}`;
    const values = { image_id: id, image_version: releaseVersion };
    const short = releaseVersion.split("-")[0]!;
    return [short, releaseVersion, ...(recommended ? ["latest"] : [])].flatMap((which) => leaf(`${family}/${which}`, values));
  }
  if (os === "windows") {
    if (!recommended) return [];
    const path = `/aws/service/ami-windows-latest/Windows_Server-${image.variant}-EKS_Optimized-${version}`;
    return leaf(path, { image_id: id, image_name: name, release_version: releaseVersion });
  }
  const system = os === "al2" ? `amazon-linux-2${image.variant}` : `amazon-linux-2023/${image.architecture}/${image.variant}`;
  const family = `/aws/service/eks/optimized-ami/${version}/${system}`;
  const values = { image_id: id, image_name: name, release_version: releaseVersion };
  const summary = JSON.stringify({ schema_version: "2", ...values });
  return [name, ...(recommended ? ["recommended"] : [])].flatMap((which) => leaf(`${family}/${which}`, { "": summary, ...values }));
}
