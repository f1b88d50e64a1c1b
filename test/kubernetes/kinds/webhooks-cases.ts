// Webhook configurations: what is taken, what is refused, and the words.
import type { ChangeCase, CreateCase } from "../validation.ts";
import { label1035, labelValue, namePart, subdomain } from "./texts.ts";

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const hook = {
  name: "a.example.com",
  clientConfig: { url: "https://hooks.example/check" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  rules: [rule],
};
const kind = "ValidatingWebhookConfiguration";
const one = (more: object = {}) => ({ webhooks: [{ ...hook, ...more }] });
const ruled = (more: object) => one({ rules: [{ ...rule, ...more }] });
const resources = (...list: string[]) => ruled({ resources: list });
const url = (text: string) => one({ clientConfig: { url: text } });
const service = (more: object) => one({ clientConfig: { service: { namespace: "n", name: "s", ...more } } });
const path = (text: string) => service({ path: text });
const conditions = (...list: object[]) => one({ matchConditions: list });
const condition = { name: "c", expression: "true" };
const many = Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: "true" }));

const operations = 'supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"';
const form = "; desired format: https://host[/path]";
const https = `'https' is the only allowed URL scheme${form}`;
const segments = "should be a domain with at least three segments separated by dots";
const at = "webhooks[0].rules[0]";
const client = "webhooks[0].clientConfig";
const first = "webhooks[0].matchConditions[0]";
const reference = "undeclared reference to";

export const webhookCreations: readonly CreateCase[] = [
  [kind, one(), undefined],
  [kind, {}, undefined],
  [kind, one({ rules: [] }), undefined],
  ["MutatingWebhookConfiguration", one({ reinvocationPolicy: "IfNeeded" }), undefined],
  [kind, one({ name: "" }), "webhooks[0].name: Required value"],
  [kind, one({ name: "example.com" }), `webhooks[0].name: Invalid value: "example.com": ${segments}`],
  [kind, one({ name: "A.example.com" }), `webhooks[0].name: Invalid value: "A.example.com": ${subdomain}`],
  [kind, { webhooks: [hook, hook] }, 'webhooks[1].name: Duplicate value: "a.example.com"'],
  ["MutatingWebhookConfiguration", { webhooks: [hook, hook] }, 'webhooks[1].name: Duplicate value: "a.example.com"'],

  [kind, ruled({ operations: ["*"] }), undefined],
  [kind, ruled({ operations: ["CONNECT", "DELETE", "UPDATE"] }), undefined],
  [kind, ruled({ operations: [] }), `${at}.operations: Required value`],
  [kind, ruled({ operations: ["create"] }), `${at}.operations[0]: Unsupported value: "create": ${operations}`],
  [kind, ruled({ operations: ["CREATE", ""] }), `${at}.operations[1]: Unsupported value: "": ${operations}`],
  [
    kind,
    ruled({ operations: ["*", "CREATE"] }),
    `${at}.operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
    "newer",
  ],
  [kind, ruled({ apiGroups: [] }), `${at}.apiGroups: Required value`],
  [
    kind,
    ruled({ apiGroups: ["*", "apps"] }),
    `${at}.apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other API groups`,
    "newer",
  ],
  [kind, ruled({ apiVersions: [] }), `${at}.apiVersions: Required value`],
  [kind, ruled({ apiVersions: [""] }), `${at}.apiVersions[0]: Required value`],
  [
    kind,
    ruled({ apiVersions: ["v1", "*"] }),
    `${at}.apiVersions: Invalid value: ["v1","*"]: if '*' is present, must not specify other API versions`,
    "newer",
  ],
  [kind, resources("*"), undefined],
  [kind, resources("*/*"), undefined],
  [kind, resources("*", "pods/status"), undefined],
  [kind, resources("pods", "pods/*", "*/scale"), undefined],
  [kind, resources(), `${at}.resources: Required value`],
  [kind, resources("pods", ""), `${at}.resources[1]: Required value`],
  [
    kind,
    resources("pods/*", "pods/status"),
    `${at}.resources[1]: Invalid value: "pods/status": if 'pods/*' is present, must not specify pods/status`,
  ],
  [
    kind,
    resources("*/scale", "deployments/scale"),
    `${at}.resources[1]: Invalid value: "deployments/scale": if '*/scale' is present, must not specify deployments/scale`,
  ],
  [
    kind,
    resources("*/*", "pods"),
    `${at}.resources: Invalid value: ["*/*","pods"]: if '*/*' is present, must not specify other resources`,
    "newer",
  ],
  [
    kind,
    resources("*", "pods"),
    `${at}.resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
    "newer",
  ],
  [kind, ruled({ scope: "Namespaced" }), undefined],
  [kind, ruled({ scope: "Everywhere" }), `${at}.scope: Unsupported value: "Everywhere": supported values: "*", "Cluster", "Namespaced"`],
  [
    kind,
    one({ rules: [{}] }),
    `[${at}.operations: Required value, ${at}.apiGroups: Required value, ${at}.apiVersions: Required value, ${at}.resources: Required value]`,
  ],

  [kind, one({ failurePolicy: "Maybe" }), 'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"'],
  [kind, one({ matchPolicy: "Near" }), 'webhooks[0].matchPolicy: Unsupported value: "Near": supported values: "Equivalent", "Exact"'],
  [kind, one({ sideEffects: undefined }), "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"],
  [kind, one({ sideEffects: "Some" }), 'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
  [kind, one({ timeoutSeconds: 30 }), undefined],
  [kind, one({ timeoutSeconds: 0 }), "webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds"],
  [kind, one({ timeoutSeconds: 31 }), "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"],
  [
    kind,
    one({ namespaceSelector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] } }),
    "webhooks[0].namespaceSelector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ],
  [
    kind,
    one({ objectSelector: { matchExpressions: [{ key: "a", operator: "Near" }] } }),
    'webhooks[0].objectSelector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
  ],
  [
    kind,
    one({ objectSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b", "-"] }] } }),
    `webhooks[0].objectSelector.matchExpressions[0].values[1]: Invalid value: "-": ${labelValue}`,
    "newer",
  ],
  [
    "MutatingWebhookConfiguration",
    one({ reinvocationPolicy: "Often" }),
    'webhooks[0].reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
  ],

  [kind, one({ clientConfig: {} }), `${client}: Required value: exactly one of url or service is required`],
  [
    kind,
    one({ clientConfig: { url: "https://a", service: { namespace: "n", name: "s" } } }),
    `${client}: Required value: exactly one of url or service is required`,
  ],
  [kind, url("https://a:8443/b"), undefined],
  [kind, url("HTTPS://[::1]:8443"), undefined],
  [kind, url("http://a"), `${client}.url: Invalid value: "http": ${https}`],
  [
    kind,
    url("a.example/b"),
    `[${client}.url: Invalid value: "": ${https}, ${client}.url: Invalid value: "": host must be provided${form}]`,
  ],
  [kind, url(""), `[${client}.url: Invalid value: "": ${https}, ${client}.url: Invalid value: "": host must be provided${form}]`],
  [kind, url("https:///a"), `${client}.url: Invalid value: "": host must be provided${form}`],
  [kind, url("https://u:p@a"), `${client}.url: Invalid value: "u:p": user information is not permitted in the URL`],
  [kind, url("https://a#b"), `${client}.url: Invalid value: "b": fragments are not permitted in the URL`],
  [kind, url("https://a?b=c"), `${client}.url: Invalid value: "b=c": query parameters are not permitted in the URL`],
  [
    kind,
    url("ftp://u@/x?y#z"),
    `[${client}.url: Invalid value: "ftp": ${https}, ${client}.url: Invalid value: "": host must be provided${form}, ${client}.url: Invalid value: "u": user information is not permitted in the URL, ${client}.url: Invalid value: "z": fragments are not permitted in the URL, ${client}.url: Invalid value: "y": query parameters are not permitted in the URL]`,
  ],
  [kind, url(":a"), `${client}.url: Required value: url must be a valid URL: parse ":a": missing protocol scheme${form}`],
  [
    kind,
    url("https://a b"),
    `${client}.url: Required value: url must be a valid URL: parse "https://a b": invalid character " " in host name${form}`,
  ],
  [
    kind,
    url("https://a:b"),
    `${client}.url: Required value: url must be a valid URL: parse "https://a:b": invalid port ":b" after host${form}`,
  ],
  [kind, url("https://[::1"), `${client}.url: Required value: url must be a valid URL: parse "https://[::1": missing ']' in host${form}`],
  [
    kind,
    url("https://a/%zz"),
    `${client}.url: Required value: url must be a valid URL: parse "https://a/%zz": invalid URL escape "%zz"${form}`,
  ],
  [
    kind,
    url("https://%41"),
    `${client}.url: Required value: url must be a valid URL: parse "https://%41": invalid URL escape "%41"${form}`,
  ],
  [
    kind,
    url("https://a\n"),
    `${client}.url: Required value: url must be a valid URL: parse "https://a\\n": net/url: invalid control character in URL${form}`,
  ],
  [
    kind,
    url("1a:b/c"),
    `${client}.url: Required value: url must be a valid URL: parse "1a:b/c": first path segment in URL cannot contain colon${form}`,
  ],
  [kind, service({ port: 9443, path: "/a/b-c.d/" }), undefined],
  [kind, service({ name: "" }), `${client}.service.namespace: Required value: service namespace is required`],
  [kind, service({ namespace: "" }), `${client}.service.name: Required value: service name is required`],
  [kind, service({ port: 0 }), `${client}.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive`],
  [
    kind,
    service({ port: 65536 }),
    `${client}.service.port: Invalid value: 65536: port is not valid: must be between 1 and 65535, inclusive`,
  ],
  [kind, path("/"), undefined],
  [kind, path("//"), `${client}.service.path: Invalid value: "//": segment[0] may not be empty`],
  [kind, path("ab"), `${client}.service.path: Invalid value: "ab": must start with a '/'`],
  [kind, path("/a//b"), `${client}.service.path: Invalid value: "/a//b": segment[1] may not be empty`],
  [kind, path("/A"), `${client}.service.path: Invalid value: "/A": segment[0]: ${subdomain}`],

  [kind, one({ admissionReviewVersions: ["v1", "v2"] }), undefined],
  [kind, one({ admissionReviewVersions: [] }), "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"],
  [
    kind,
    one({ admissionReviewVersions: ["v2"] }),
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    "newer",
  ],
  [kind, one({ admissionReviewVersions: ["v1", "v1"] }), 'webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version'],
  [kind, one({ admissionReviewVersions: ["v1", "1v"] }), `webhooks[0].admissionReviewVersions[1]: Invalid value: "1v": ${label1035}`],

  [kind, conditions(condition, { name: "x.io/d", expression: "has(object.spec) && request.userInfo.username != ''" }), undefined, "newer"],
  [kind, conditions({ name: "c", expression: " " }), `${first}.expression: Required value`, "newer"],
  [kind, conditions({ name: "", expression: "true" }), `${first}.name: Required value`, "newer"],
  [kind, conditions({ name: "c d", expression: "true" }), `${first}.name: Invalid value: "c d": ${namePart}`, "newer"],
  [kind, conditions(condition, condition), 'webhooks[0].matchConditions[1].name: Duplicate value: "c"', "newer"],
  [kind, conditions(...many), "webhooks[0].matchConditions: Too many: 65: must have at most 64 items", "newer"],
  [
    kind,
    conditions({ name: "c", expression: "params.x == 1" }),
    `${first}.expression: Invalid value: "params.x == 1": compilation failed: ERROR: <input>:1:1: ${reference} 'params' (in container '')\n | params.x == 1\n | ^`,
    "newer",
  ],
  [
    kind,
    conditions({ name: "c", expression: "variables.x" }),
    `${first}.expression: Invalid value: "variables.x": compilation failed: ERROR: <input>:1:1: ${reference} 'variables' (in container '')\n | variables.x\n | ^`,
    "newer",
  ],
  [
    kind,
    conditions({ name: "c", expression: " request.user == 'a'" }),
    `${first}.expression: Invalid value: "request.user == 'a'": compilation failed: ERROR: <input>:1:8: undefined field 'user'\n | request.user == 'a'\n | .......^`,
    "newer",
  ],
  [
    kind,
    conditions({ name: "c", expression: "'a'" }),
    `${first}.expression: Invalid value: "'a'": must evaluate to bool but got string`,
    "newer",
  ],
  [
    kind,
    conditions({ name: "c", expression: "object.spec.paused" }),
    `${first}.expression: Invalid value: "object.spec.paused": must evaluate to bool but got dyn`,
    "newer",
  ],
  [kind, conditions({ name: "c", expression: "request.dryRun" }), undefined, "newer"],
  [kind, conditions({ name: "c", expression: "authorizer.group('').resource('pods').check('get').allowed()" }), undefined, "newer"],

  [
    kind,
    one({
      name: "b",
      rules: [{ ...rule, scope: "x" }],
      failurePolicy: "y",
      clientConfig: {},
      admissionReviewVersions: [],
      matchConditions: [{ name: "c" }],
    }),
    `[webhooks[0].name: Invalid value: "b": ${segments}, ${at}.scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced", webhooks[0].failurePolicy: Unsupported value: "y": supported values: "Fail", "Ignore", ${client}: Required value: exactly one of url or service is required, ${first}.expression: Required value, webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1]`,
    "newer",
  ],
];

export const webhookChanges: readonly ChangeCase[] = [
  [kind, one(), one({ timeoutSeconds: 5 }), undefined],
  [
    kind,
    one(),
    one({ timeoutSeconds: 50 }),
    "webhooks[0].timeoutSeconds: Invalid value: 50: the timeout value must be between 1 and 30 seconds",
  ],
  [kind, one(), { webhooks: [hook, hook] }, 'webhooks[1].name: Duplicate value: "a.example.com"'],
  [
    kind,
    conditions(condition),
    conditions({ name: "c", expression: "1" }),
    `${first}.expression: Invalid value: "1": must evaluate to bool but got int`,
    "newer",
  ],
];
