// Launch templates and their versions.
import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter, required } from "./errors.ts";
import { describe, filterBy, paginate } from "./filters.ts";
import { templateOf, templateVersion, templateView, versionKey, versionNumber, versionView } from "./launch-template-versions.ts";
import { isService } from "./managed.ts";
import type { LaunchTemplateRecord, TemplateVersionRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags } from "./tags.ts";
import { once } from "./tokens.ts";

function checkData(data: RequestLaunchTemplateData | undefined): RequestLaunchTemplateData {
  const given = required(data, "LaunchTemplateData");
  if (given.NetworkInterfaces?.length && (given.SecurityGroupIds?.length || given.SecurityGroups?.length)) {
    throw invalidCombination("A launch template cannot contain both network interfaces and security groups");
  }
  if (given.UserData && Buffer.from(given.UserData, "base64").length === 0)
    throw ec2Error("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  return given;
}

/** Versions of a template, oldest first. */
function versionsOf(scope: Scope, template: LaunchTemplateRecord): TemplateVersionRecord[] {
  return scope.list("launch-template-version", `${template.id}/`);
}

export const launchTemplateOperations = {
  CreateLaunchTemplate: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const name = required(input.LaunchTemplateName, "LaunchTemplateName");
      if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
        throw ec2Error(
          "InvalidLaunchTemplateName.MalformedException",
          "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _",
        );
      }
      const data = checkData(input.LaunchTemplateData);
      const tags = specifiedTags(input.TagSpecifications, "launch-template", { service: isService(call.caller) });
      const [id] = once(scope, "CreateLaunchTemplate", input, () => {
        if (scope.list("launch-template").some((each) => each.name === name)) {
          throw ec2Error("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
        }
        const now = scope.clock.now();
        const template = scope.put("launch-template", {
          id: scope.newId("launch-template"),
          tags,
          name,
          createdAt: now,
          createdBy: call.caller.arn,
          defaultVersion: 1,
          latestVersion: 1,
        });
        scope.put("launch-template-version", {
          id: versionKey(template.id, 1),
          tags: {},
          templateId: template.id,
          version: 1,
          ...(input.VersionDescription === undefined ? {} : { description: input.VersionDescription }),
          createdAt: now,
          createdBy: call.caller.arn,
          data,
        });
        return [template.id];
      });
      return { LaunchTemplate: templateView(scope.require("launch-template", id!)) };
    },
  },

  CreateLaunchTemplateVersion: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const template = templateOf(scope, input);
      const given = checkData(input.LaunchTemplateData);
      const source = input.SourceVersion ? templateVersion(scope, { ...input, Version: input.SourceVersion }).data : {};
      const [key] = once(scope, "CreateLaunchTemplateVersion", input, () => {
        const version = template.latestVersion + 1;
        scope.put("launch-template", { ...template, latestVersion: version });
        const record = scope.put("launch-template-version", {
          id: versionKey(template.id, version),
          tags: {},
          templateId: template.id,
          version,
          ...(input.VersionDescription === undefined ? {} : { description: input.VersionDescription }),
          createdAt: scope.clock.now(),
          createdBy: call.caller.arn,
          data: { ...source, ...given },
        });
        return [record.id];
      });
      return {
        LaunchTemplateVersion: versionView(scope.require("launch-template", template.id), scope.get("launch-template-version", key!)!),
      };
    },
  },

  DescribeLaunchTemplates: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const named = (input.LaunchTemplateNames ?? []).map((LaunchTemplateName) => templateOf(scope, { LaunchTemplateName }).id);
      const page = describe({
        input,
        kind: "launch-template",
        ids: [...(input.LaunchTemplateIds ?? []), ...named],
        idsName: "LaunchTemplateIds",
        get: (id) => scope.get("launch-template", id),
        list: () => scope.list("launch-template"),
        view: templateView,
        fields: {
          "create-time": (view) => view.CreateTime?.toISOString(),
          "launch-template-name": (view) => view.LaunchTemplateName,
        },
        minimum: 1,
        maximum: 200,
      });
      return { LaunchTemplates: page.items, NextToken: page.NextToken };
    },
  },

  DescribeLaunchTemplateVersions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const named = input.LaunchTemplateId || input.LaunchTemplateName ? [templateOf(scope, input)] : undefined;
      const wanted = input.Versions ?? [];
      if (!named && !wanted.some((each) => each === "$Latest" || each === "$Default"))
        throw missingParameter("LaunchTemplateId or LaunchTemplateName");
      const views = (named ?? scope.list("launch-template")).flatMap((template) => {
        const records = wanted.length
          ? wanted.map((Version) => templateVersion(scope, { LaunchTemplateId: template.id, Version }))
          : versionsOf(scope, template).filter(
              ({ version }) =>
                version >= versionNumber(template, input.MinVersion ?? "1") &&
                version <= versionNumber(template, input.MaxVersion ?? "$Latest"),
            );
        return records.map((record) => versionView(template, record)).reverse();
      });
      const matches = filterBy<(typeof views)[number]>(input.Filters, {
        "create-time": (view) => view.CreateTime?.toISOString(),
        "ebs-optimized": (view) => view.LaunchTemplateData?.EbsOptimized,
        "iam-instance-profile": (view) => view.LaunchTemplateData?.IamInstanceProfile?.Arn,
        "image-id": (view) => view.LaunchTemplateData?.ImageId,
        "instance-type": (view) => view.LaunchTemplateData?.InstanceType,
        "is-default-version": (view) => view.DefaultVersion,
      });
      const keys = (view: (typeof views)[number]) =>
        `${view.LaunchTemplateId}/${String(999_999_999 - view.VersionNumber!).padStart(9, "0")}`;
      const page = paginate(views.filter(matches), keys, input, 1, 200);
      return { LaunchTemplateVersions: page.items, NextToken: page.NextToken };
    },
  },

  ModifyLaunchTemplate: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const template = templateOf(scope, input);
      const Version = required(input.DefaultVersion, "DefaultVersion");
      const version = templateVersion(scope, { LaunchTemplateId: template.id, Version });
      return { LaunchTemplate: templateView(scope.put("launch-template", { ...template, defaultVersion: version.version })) };
    },
  },

  DeleteLaunchTemplate: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const template = templateOf(scope, input);
      scope.change(() => {
        for (const version of versionsOf(scope, template)) scope.delete("launch-template-version", version.id);
        scope.delete("launch-template", template.id);
      });
      return { LaunchTemplate: templateView(template) };
    },
  },

  DeleteLaunchTemplateVersions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const template = templateOf(scope, input);
      const versions = required(input.Versions, "Versions").map((text) => {
        if (!/^[1-9]\d{0,8}$/.test(text)) throw invalidValue(`Invalid launch template version: ${text}`);
        return Number(text);
      });
      const common = (number: number) => ({ LaunchTemplateId: template.id, LaunchTemplateName: template.name, VersionNumber: number });
      const outcome = scope.change(() =>
        versions.map((number) => {
          const code =
            number === template.defaultVersion
              ? ("launchTemplateVersionDefault" as const)
              : scope.delete("launch-template-version", versionKey(template.id, number))
                ? undefined
                : ("launchTemplateVersionDoesNotExist" as const);
          return { number, code };
        }),
      );
      return {
        SuccessfullyDeletedLaunchTemplateVersions: outcome.filter(({ code }) => !code).map(({ number }) => common(number)),
        UnsuccessfullyDeletedLaunchTemplateVersions: outcome
          .filter(({ code }) => code)
          .map(({ number, code }) => ({
            ...common(number),
            ResponseError: {
              Code: code === "launchTemplateVersionDefault" ? ("unexpectedError" as const) : ("launchTemplateVersionDoesNotExist" as const),
              Message: code === "launchTemplateVersionDefault" ? "The default version cannot be deleted." : "The version does not exist.",
            },
          })),
      };
    },
  },

  GetLaunchTemplateData: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const instance = scope.require("instance", required(input.InstanceId, "InstanceId"));
      return {
        LaunchTemplateData: {
          ImageId: instance.imageId,
          InstanceType: instance.type as never,
          EbsOptimized: instance.ebsOptimized,
          ...(instance.profile ? { IamInstanceProfile: { Arn: instance.profile.arn } } : {}),
          ...(instance.keyName === undefined ? {} : { KeyName: instance.keyName }),
          ...(instance.userData === undefined ? {} : { UserData: instance.userData }),
        },
      };
    },
  },
} satisfies Ec2Operations;
