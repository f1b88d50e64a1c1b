// Versions of launch templates: finding the one a request means, and printing them.
import type { LaunchTemplate, LaunchTemplateVersion, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { ec2Error, invalidValue, missingParameter } from "./errors.ts";
import type { LaunchTemplateRecord, TemplateVersionRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";

/** How requests name a template. */
export interface TemplateName {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  /** A number, `$Latest` or `$Default`; default `$Default`. */
  readonly Version?: string | undefined;
}

/** Key of a version record. */
export function versionKey(templateId: string, version: number): string {
  return `${templateId}/${String(version).padStart(9, "0")}`;
}

/** The template a request names. */
export function templateOf(scope: Scope, { LaunchTemplateId: id, LaunchTemplateName: name }: TemplateName): LaunchTemplateRecord {
  if (id) return scope.require("launch-template", id);
  if (!name) throw missingParameter("LaunchTemplateId or LaunchTemplateName");
  const template = scope.list("launch-template").find((each) => each.name === name);
  if (!template) {
    throw ec2Error(
      "InvalidLaunchTemplateName.NotFoundException",
      `The specified launch template, with template name ${name}, does not exist.`,
    );
  }
  return template;
}

/** A version's number: `$Latest` and `$Default` follow the template. */
export function versionNumber(template: LaunchTemplateRecord, version: string | undefined): number {
  if (version === undefined || version === "" || version === "$Default") return template.defaultVersion;
  if (version === "$Latest") return template.latestVersion;
  if (!/^[1-9]\d{0,8}$/.test(version)) throw invalidValue(`Invalid launch template version: ${version}`);
  return Number(version);
}

/** The version a request means. Error: InvalidLaunchTemplateId.VersionNotFound. */
export function templateVersion(scope: Scope, name: TemplateName): TemplateVersionRecord {
  const template = templateOf(scope, name);
  const number = versionNumber(template, name.Version);
  const version = scope.get("launch-template-version", versionKey(template.id, number));
  if (!version) {
    throw ec2Error(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find the specified version ${number} for the launch template with ID ${template.id}.`,
    );
  }
  return version;
}

/** A template as EC2 prints it. */
export function templateView(template: LaunchTemplateRecord): LaunchTemplate {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    CreateTime: new Date(template.createdAt),
    CreatedBy: template.createdBy,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: template.latestVersion,
    Operator: { Managed: false },
    Tags: tagList(template.tags),
  };
}

/** A version as EC2 prints it. */
export function versionView(template: LaunchTemplateRecord, record: TemplateVersionRecord): LaunchTemplateVersion {
  const until = record.data.InstanceMarketOptions?.SpotOptions?.ValidUntil;
  const data = record.data as ResponseLaunchTemplateData;
  const market = data.InstanceMarketOptions;
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: record.version,
    ...(record.description === undefined ? {} : { VersionDescription: record.description }),
    CreateTime: new Date(record.createdAt),
    CreatedBy: record.createdBy,
    DefaultVersion: template.defaultVersion === record.version,
    LaunchTemplateData: {
      ...data,
      ...(until && market
        ? { InstanceMarketOptions: { ...market, SpotOptions: { ...market.SpotOptions, ValidUntil: new Date(until) } } }
        : {}),
    },
    Operator: { Managed: false },
  };
}
