// Namespaces, configuration, limits, quotas: what is taken, what is refused, and the words.
import type { ChangeCase, CreateCase } from "../validation.ts";
import { contained, label1123, namePart, standard, subdomain } from "./texts.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const configKey =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const megabyte = "x".repeat(1024 * 1024 + 1);
const frozen = "field is immutable when `immutable` is set";

const secret = (type: string, data: object) => ({ type, data });
const docker = (text: string) => secret("kubernetes.io/dockerconfigjson", { ".dockerconfigjson": base64(text) });
const redacted = 'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>":';

const namespaces: readonly CreateCase[] = [
  ["Namespace", { spec: { finalizers: ["example.com/x", "orphan"] } }, undefined],
  ["Namespace", { metadata: { name: "A" } }, `metadata.name: Invalid value: "A": ${label1123}`],
  ["Namespace", { metadata: { name: "a.b" } }, `metadata.name: Invalid value: "a.b": ${label1123}`],
  [
    "Namespace",
    { spec: { finalizers: ["a", "-/x"] } },
    `[spec.finalizers: Invalid value: "a": name is neither a standard finalizer name nor is it fully qualified, spec.finalizers: Invalid value: "-/x": prefix part ${subdomain}]`,
  ],
  ["ServiceAccount", {}, undefined],
  ["ServiceAccount", { metadata: { name: "A_b" } }, `metadata.name: Invalid value: "A_b": ${subdomain}`],
];

const configuration: readonly CreateCase[] = [
  ["ConfigMap", { data: { a: "b", "A.b_c-d": "" }, binaryData: { c: base64("d") } }, undefined],
  ["ConfigMap", { data: { a: "x" }, binaryData: { a: "YQ==" } }, 'data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ["ConfigMap", { binaryData: { "/": "YQ==" } }, `binaryData[/]: Invalid value: "/": ${configKey}`],
  ["ConfigMap", { data: { ".": "x" } }, "data[.]: Invalid value: \".\": must not be '.'"],
  ["ConfigMap", { data: { "..a": "x" } }, "data[..a]: Invalid value: \"..a\": must not start with '..'"],
  ["ConfigMap", { data: { a: megabyte } }, "[]: Too long: may not be more than 1048576 bytes", "newer"],
  ["Secret", { data: { a: base64(megabyte) } }, "data: Too long: may not be more than 1048576 bytes", "newer"],
  ["Secret", { data: { a: base64(megabyte.slice(1)) } }, undefined],
  ["Secret", secret("a b", { "a b": "YQ==" }), `data[a b]: Invalid value: "a b": ${configKey}`],
  ["Secret", { data: { "..": "YQ==" } }, "data[..]: Invalid value: \"..\": must not be '..'"],
  ["Secret", secret("kubernetes.io/ssh-auth", { "ssh-privatekey": "" }), "data[ssh-privatekey]: Required value", "newer"],
  ["Secret", secret("kubernetes.io/tls", { "tls.crt": "", "tls.key": "" }), undefined],
  ["Secret", secret("kubernetes.io/basic-auth", { username: "" }), undefined],
  ["Secret", secret("kubernetes.io/service-account-token", {}), "metadata.annotations[kubernetes.io/service-account.name]: Required value"],
  ["Secret", secret("kubernetes.io/dockercfg", {}), "data[.dockercfg]: Required value"],
  ["Secret", docker("{}"), undefined],
  ["Secret", docker("null"), undefined],
  ["Secret", docker('{"auths":{"a":{"auth":"e\\u00e4","n":-1.5e+3,"l":[true,false,null,{}]}}} \n'), undefined],
  ["Secret", docker(""), `${redacted} unexpected end of JSON input`],
  ["Secret", docker('{"a": '), `${redacted} unexpected end of JSON input`],
  ["Secret", docker('"a"'), `${redacted} json: cannot unmarshal string into Go value of type map[string]interface {}`],
  ["Secret", docker("[]"), `${redacted} json: cannot unmarshal array into Go value of type map[string]interface {}`],
  ["Secret", docker("12"), `${redacted} json: cannot unmarshal number into Go value of type map[string]interface {}`],
  ["Secret", docker("true"), `${redacted} json: cannot unmarshal bool into Go value of type map[string]interface {}`],
  ["Secret", docker("{a"), `${redacted} invalid character 'a' looking for beginning of object key string`],
  ["Secret", docker('{"a",1'), `${redacted} invalid character ',' after object key`],
  ["Secret", docker('{"a":}'), `${redacted} invalid character '}' looking for beginning of value`],
  ["Secret", docker('{"a":1}}'), `${redacted} invalid character '}' after top-level value`],
  ["Secret", docker('{"a":1 2'), `${redacted} invalid character '2' after object key:value pair`],
  ["Secret", docker("[1 2"), `${redacted} invalid character '2' after array element`],
  ["Secret", docker('{"a":"\n"}'), `${redacted} invalid character '\\n' in string literal`],
  ["Secret", docker('{"a":"\\q"}'), `${redacted} invalid character 'q' in string escape code`],
  ["Secret", docker('{"a":"\\u12g"}'), `${redacted} invalid character 'g' in \\u hexadecimal character escape`],
  ["Secret", docker("-x"), `${redacted} invalid character 'x' in numeric literal`],
  ["Secret", docker("1.x"), `${redacted} invalid character 'x' after decimal point in numeric literal`],
  ["Secret", docker("1e'"), `${redacted} invalid character '\\'' in exponent of numeric literal`],
  ["Secret", docker('tr"'), `${redacted} invalid character '"' in literal true (expecting 'u')`],
];

const limit = (more: object) => ({ spec: { limits: [{ type: "Container", ...more }] } });
const at = "spec.limits[0]";
const both = (name: string, member: string) => `${at}.${member}[${name}]: Invalid value: "${name}":`;
const limits: readonly CreateCase[] = [
  ["LimitRange", limit({ type: "example.com/box" }), undefined],
  ["LimitRange", limit({ type: "Box" }), `${at}.type: Invalid value: "Box": must be a standard limit type or fully qualified`],
  ["LimitRange", limit({ type: "a b" }), `${at}.type: Invalid value: "a b": ${namePart}`],
  ["LimitRange", { spec: { limits: [{ type: "Pod" }, { type: "Pod" }] } }, 'spec.limits[1].type: Duplicate value: "Pod"'],
  ["LimitRange", limit({ type: "Pod", max: { storage: "1" } }), `${both("storage", "max")} ${contained}`],
  ["LimitRange", limit({ type: "Pod", max: { gpu: "1" } }), `[${both("gpu", "max")} ${standard}, ${both("gpu", "max")} ${contained}]`],
  ["LimitRange", limit({ max: { "nvidia.com/gpu": "1", "hugepages-2Mi": "2Mi" } }), undefined],
  [
    "LimitRange",
    limit({ type: "Pod", max: { "requests.a.b/c": "1" } }),
    `${both("requests.a.b/c", "max")} doesn't follow extended resource name standard`,
  ],
  ["LimitRange", limit({ type: "PersistentVolumeClaim", max: { storage: "1", zz: "1" } }), `${both("zz", "max")} ${standard}`],
  [
    "LimitRange",
    limit({ type: "Pod", default: { cpu: "1" }, defaultRequest: { cpu: "1" } }),
    `[${at}.default: Forbidden: may not be specified when \`type\` is 'Pod', ${at}.defaultRequest: Forbidden: may not be specified when \`type\` is 'Pod']`,
  ],
  [
    "LimitRange",
    limit({ default: { cpu: "3" }, max: { cpu: "2" } }),
    `[${at}.defaultRequest[cpu]: Invalid value: "3": default request value 3 is greater than max value 2, ${at}.default[cpu]: Invalid value: "2": default value 3 is greater than max value 2]`,
    "newer",
  ],
  [
    "LimitRange",
    limit({ min: { cpu: "3" }, default: { cpu: "2" }, defaultRequest: { cpu: "2" } }),
    `[${at}.defaultRequest[cpu]: Invalid value: "2": min value 3 is greater than default request value 2, ${at}.default[cpu]: Invalid value: "3": min value 3 is greater than default value 2]`,
    "newer",
  ],
  [
    "LimitRange",
    limit({ defaultRequest: { cpu: "3" }, default: { cpu: "2" } }),
    `${at}.defaultRequest[cpu]: Invalid value: "3": default request value 3 is greater than default limit value 2`,
    "newer",
  ],
  [
    "LimitRange",
    limit({ maxLimitRequestRatio: { cpu: "500m" } }),
    `${at}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`,
    "newer",
  ],
  [
    "LimitRange",
    limit({ max: { cpu: "4" }, min: { cpu: "2" }, maxLimitRequestRatio: { cpu: "3" } }),
    `${at}.maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000`,
    "newer",
  ],
  [
    "LimitRange",
    limit({ default: { "nvidia.com/gpu": "2" }, defaultRequest: { "nvidia.com/gpu": "1" } }),
    `${at}.defaultRequest[nvidia.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in nvidia.com/gpu`,
    "newer",
  ],
];

const quota = (spec: object) => ({ spec });
const selecting = (matchExpressions: object[], hard?: object) => quota({ scopeSelector: { matchExpressions }, ...(hard && { hard }) });
const expressions = "spec.scopeSelector.matchExpressions";
const quotas: readonly CreateCase[] = [
  ["ResourceQuota", quota({ hard: { "count/x": "1", "gpu.io/x": "1", "requests.storage": "1" } }), undefined],
  [
    "ResourceQuota",
    quota({ hard: { podz: "1" } }),
    `[spec.hard[podz]: Invalid value: "podz": ${standard}, spec.hard[podz]: Invalid value: "podz": must be a standard resource for quota]`,
  ],
  [
    "ResourceQuota",
    quota({ hard: { storage: "1" } }),
    'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
  ],
  [
    "ResourceQuota",
    quota({ hard: { "a b": "1" } }),
    `[spec.hard[a b]: Invalid value: "a b": ${namePart}, spec.hard[a b]: Invalid value: "a b": must be a standard resource for quota]`,
  ],
  ["ResourceQuota", quota({ hard: { pods: "100m" } }), 'spec.hard[pods]: Invalid value: "100m": must be an integer', "newer"],
  ["ResourceQuota", quota({ scopes: ["Odd"] }), 'spec.scopes: Invalid value: ["Odd"]: unsupported scope', "newer"],
  ["ResourceQuota", quota({ scopes: ["BestEffort"], hard: { pods: "1" } }), undefined],
  [
    "ResourceQuota",
    quota({ scopes: ["BestEffort"], hard: { cpu: "1", pods: "1" } }),
    'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    "newer",
  ],
  ["ResourceQuota", selecting([{ scopeName: "PriorityClass", operator: "In", values: ["a"] }], { pods: "1" }), undefined],
  [
    "ResourceQuota",
    selecting([{ scopeName: "PriorityClass", operator: "In" }]),
    `${expressions}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`,
  ],
  [
    "ResourceQuota",
    selecting([{ scopeName: "PriorityClass", operator: "Exists", values: ["a"] }]),
    `${expressions}.values: Invalid value: ["a"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
    "newer",
  ],
  [
    "ResourceQuota",
    selecting([{ scopeName: "Terminating", operator: "In", values: ["a"] }]),
    `${expressions}.operator: Invalid value: "In": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
    "newer",
  ],
  [
    "ResourceQuota",
    selecting([{ scopeName: "Odd", operator: "Near" }]),
    `[${expressions}.scopeName: Invalid value: "Odd": unsupported scope, ${expressions}.operator: Invalid value: "Near": not a valid selector operator]`,
  ],
  [
    "ResourceQuota",
    selecting([{ scopeName: "PriorityClass", operator: "Exists" }], { services: "1" }),
    `${expressions}: Invalid value: {"matchExpressions":[{"scopeName":"PriorityClass","operator":"Exists"}]}: unsupported scope applied to resource`,
    "newer",
  ],
];

export const configCreations: readonly CreateCase[] = [...namespaces, ...configuration, ...limits, ...quotas];

export const configChanges: readonly ChangeCase[] = [
  ["ConfigMap", { binaryData: { a: "YQ==" }, immutable: true }, { binaryData: { a: "Yg==" } }, `binaryData: Forbidden: ${frozen}`],
  [
    "Secret",
    { data: { a: "YQ==" }, immutable: true },
    { data: { a: "Yg==" }, immutable: null },
    `[immutable: Forbidden: ${frozen}, data: Forbidden: ${frozen}]`,
  ],
  ["ResourceQuota", quota({ scopes: ["BestEffort", "Terminating"] }), { spec: { scopes: ["Terminating", "BestEffort"] } }, undefined],
];
