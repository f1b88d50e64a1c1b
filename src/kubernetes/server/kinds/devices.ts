// Dynamic resource allocation: device classes, claims, templates of claims, and the slices in which drivers publish devices.
import { duplicate, type FieldError, invalid, required, tooMany } from "../../api/field-error.ts";
import { isObject } from "../../api/json.ts";
import { dns1123Label, dns1123Subdomain } from "../../api/names.ts";
import { environmentOf } from "../../cel/environment.ts";
import { compile } from "../../cel/program.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, labelSelector, named, oneOf } from "./field-rules.ts";

const most = { selectors: 32, requests: 32, constraints: 32, configs: 32, alternatives: 8, devices: 128, attributes: 32 };
let environment: ReturnType<typeof environmentOf> | undefined;

function bounded<T>(list: readonly T[] | undefined, at: string, limit: number, check: (item: T, at: string) => FieldError[]): FieldError[] {
  const items = list ?? [];
  const errors = items.flatMap((item, i) => check(item, `${at}[${i}]`));
  return items.length > limit ? [tooMany(at, items.length, limit), ...errors] : errors;
}

function label(field: string, value: string | undefined): FieldError[] {
  return value ? named(field, value, dns1123Label(value)) : [required(field)];
}

function subdomain(field: string, value: string | undefined): FieldError[] {
  return value ? named(field, value, dns1123Subdomain(value)) : [required(field)];
}

function repeated(items: readonly { readonly name?: string }[] | undefined, at: string): FieldError[] {
  const seen = new Set<string | undefined>();
  return (items ?? []).flatMap(({ name }, i) => {
    const errors = name && seen.has(name) ? [duplicate(`${at}[${i}].name`, name)] : [];
    seen.add(name);
    return errors;
  });
}

function selectors(list: any[] | undefined, at: string): FieldError[] {
  environment ??= environmentOf({ device: "dyn" });
  const language = environment;
  return bounded(list, at, most.selectors, ({ cel }: any, field) => {
    if (!cel) return [required(`${field}.cel`)];
    const program = compile(language, cel.expression ?? "");
    const problem = "error" in program ? program.error : /^(bool|dyn)$/.test(program.type) ? undefined : "must evaluate to bool";
    return problem === undefined ? [] : [invalid(`${field}.cel.expression`, cel.expression ?? "", `compilation failed: ${problem}`)];
  });
}

function configurations(list: any[] | undefined, at: string): FieldError[] {
  return bounded(list, at, most.configs, ({ opaque }: any, field) => {
    if (!opaque) return [required(`${field}.opaque`)];
    const errors = subdomain(`${field}.opaque.driver`, opaque.driver);
    const { parameters } = opaque;
    if (parameters === undefined || parameters === null) errors.push(required(`${field}.opaque.parameters`));
    else if (!isObject(parameters)) errors.push(invalid(`${field}.opaque.parameters`, "<value omitted>", "must be a valid JSON object"));
    return errors;
  });
}

function request({ name, exactly, firstAvailable }: any, at: string): FieldError[] {
  const errors = label(`${at}.name`, name);
  const oneNeeded = "exactly one of `exactly` or `firstAvailable` is required";
  if (exactly && firstAvailable?.length) errors.push(invalid(at, null, `${oneNeeded}, but multiple fields are set`));
  else if (exactly) errors.push(...wanted(exactly, `${at}.exactly`));
  else if (firstAvailable?.length) {
    const list = `${at}.firstAvailable`;
    errors.push(
      ...bounded(firstAvailable, list, most.alternatives, (each: any, field) => [
        ...label(`${field}.name`, each.name),
        ...wanted(each, field),
      ]),
      ...repeated(firstAvailable, list),
    );
  } else errors.push(required(at, oneNeeded));
  return errors;
}

function wanted({ deviceClassName, allocationMode, count = 0, selectors: chosen }: any, at: string): FieldError[] {
  const errors = [...subdomain(`${at}.deviceClassName`, deviceClassName), ...selectors(chosen, `${at}.selectors`)];
  if (allocationMode === "All") {
    if (count !== 0) errors.push(invalid(`${at}.count`, count, `must not be specified when allocationMode is '${allocationMode}'`));
  } else if (allocationMode === "ExactCount") {
    if (count <= 0) errors.push(invalid(`${at}.count`, count, "must be greater than zero"));
  } else errors.push(...oneOf(`${at}.allocationMode`, allocationMode, ["All", "ExactCount"]));
  return errors;
}

function claimSpec({ devices = {} }: any, at: string): FieldError[] {
  const { requests, constraints, config } = devices;
  const names = new Set<string>();
  for (const { name, firstAvailable } of requests ?? [])
    for (const each of [name, ...(firstAvailable ?? []).map((sub: any) => `${name}/${sub.name}`)]) names.add(each);
  const unknown = (list: string[] | undefined, field: string) =>
    (list ?? []).flatMap((each, i) =>
      names.has(each)
        ? []
        : [
            invalid(
              `${field}.requests[${i}]`,
              each,
              "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
            ),
          ],
    );
  return [
    ...bounded(requests, `${at}.devices.requests`, most.requests, request),
    ...repeated(requests, `${at}.devices.requests`),
    ...bounded(constraints, `${at}.devices.constraints`, most.constraints, (each: any, field) => [
      ...unknown(each.requests, field),
      ...(each.matchAttribute || each.distinctAttribute ? [] : [required(`${field}.matchAttribute`)]),
    ]),
    ...configurations(config, `${at}.devices.config`),
    ...(config ?? []).flatMap((each: any, i: number) => unknown(each.requests, `${at}.devices.config[${i}]`)),
  ];
}

const claims: Strategy = {
  generation: false,
  prepareCreate(object) {
    object.status = {};
  },
  validate: ({ spec = {} }, old) => (old ? immutable("spec", spec, old.spec) : claimSpec(spec, "spec")),
};

const templates: Strategy = {
  generation: false,
  validate: ({ spec = {} }, old) => (old ? immutable("spec", spec, old.spec) : claimSpec(spec.spec ?? {}, "spec.spec")),
};

const classes: Strategy = {
  generation: true,
  validate: ({ spec = {} }) => [...selectors(spec.selectors, "spec.selectors"), ...configurations(spec.config, "spec.config")],
};

const places = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"];

const slices: Strategy = {
  generation: true,
  validate({ spec = {} }, old) {
    const { driver, pool = {}, devices, sharedCounters, nodeSelector } = spec;
    const errors = [...subdomain("spec.driver", driver), ...subdomain("spec.pool.name", pool.name)];
    if (!(pool.resourceSliceCount > 0))
      errors.push(invalid("spec.pool.resourceSliceCount", pool.resourceSliceCount ?? 0, "must be greater than zero"));
    const set = places.filter((each) => spec[each]);
    const oneNeeded = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    if (set.length === 0) errors.push(required("spec", oneNeeded));
    if (set.length > 1) errors.push(invalid("spec", `{${set.map((each) => `\`${each}\``).join(", ")}}`, oneNeeded));
    for (const term of nodeSelector?.nodeSelectorTerms ?? [])
      errors.push(...labelSelector("spec.nodeSelector.nodeSelectorTerms", { matchExpressions: term.matchExpressions }));
    errors.push(
      ...bounded(devices, "spec.devices", most.devices, device),
      ...repeated(devices, "spec.devices"),
      ...repeated(sharedCounters, "spec.sharedCounters"),
    );
    if (!old) return errors;
    return [
      ...errors,
      ...immutable("spec.driver", driver, old.spec?.driver),
      ...immutable("spec.pool.name", pool.name, old.spec?.pool?.name),
      ...immutable("spec.nodeName", spec.nodeName, old.spec?.nodeName),
    ];
  },
};

function device({ name, attributes = {}, capacity = {} }: any, at: string): FieldError[] {
  const errors = label(`${at}.name`, name);
  const total = Object.keys(attributes).length + Object.keys(capacity).length;
  if (total > most.attributes)
    errors.push(invalid(at, total, `the total number of attributes and capacities must not exceed ${most.attributes}`));
  for (const [key, value] of Object.entries<any>(attributes))
    if (Object.keys(value ?? {}).length !== 1) errors.push(invalid(`${at}.attributes[${key}]`, "", "exactly one value must be specified"));
  return errors;
}

/** Strategies of resource.k8s.io. */
export const deviceKinds: Readonly<Record<string, Strategy>> = {
  "deviceclasses.resource.k8s.io": classes,
  "resourceclaims.resource.k8s.io": claims,
  "resourceclaimtemplates.resource.k8s.io": templates,
  "resourceslices.resource.k8s.io": slices,
};
