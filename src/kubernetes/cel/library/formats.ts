// Kubernetes' named formats for CEL: `format.dns1123Label().validate(self)`.
import { type Environment, Optional } from "@marcbachmann/cel-js";
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValueProblem, qualifiedKey } from "../../api/names.ts";

type Check = (text: string) => string[];
const one =
  (check: (text: string) => string | undefined): Check =>
  (text) => {
    const problem = check(text);
    return problem ? [problem] : [];
  };
const shape = (valid: (text: string) => boolean, problem: string): Check => one((text) => (valid(text) ? undefined : problem));
/** Names that are prefixes of generated names may end in a dash. */
const prefixed =
  (check: (text: string) => string | undefined): Check =>
  (text) =>
    one(check)(text.replace(/-$/, "a"));

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: one(dns1123Label),
  dns1123Subdomain: one(dns1123Subdomain),
  dns1035Label: one(dns1035Label),
  dns1123LabelPrefix: prefixed(dns1123Label),
  dns1123SubdomainPrefix: prefixed(dns1123Subdomain),
  dns1035LabelPrefix: prefixed(dns1035Label),
  qualifiedName: qualifiedKey,
  labelValue: one(labelValueProblem),
  uri: shape((text) => URL.canParse(text), "invalid URI"),
  uuid: shape((text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text), "does not match the UUID format"),
  byte: shape((text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text), "invalid base64"),
  date: shape((text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)), "invalid date"),
  datetime: shape((text) => /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)), "invalid datetime"),
};

class Formats {}
/** One named format in CEL. */
class CelFormat {
  readonly check: Check;

  constructor(check: Check) {
    this.check = check;
  }
}

/** Registers `format.named`, `format.<name>()` and `validate`. */
export function registerFormats(environment: Environment): void {
  environment
    .registerType("Formats", Formats)
    .registerType("Format", CelFormat)
    .registerConstant("format", "Formats", new Formats())
    .registerFunction("Formats.named(string): optional<Format>", (_formats: Formats, name: string) =>
      Object.hasOwn(formats, name) ? Optional.of(new CelFormat(formats[name] as Check)) : Optional.none(),
    )
    .registerFunction("Format.validate(string): optional<list<string>>", ({ check }: CelFormat, text: string) => {
      const problems = check(text);
      return problems.length > 0 ? Optional.of(problems) : Optional.none();
    });
  for (const [name, check] of Object.entries(formats))
    environment.registerFunction(`Formats.${name}(): Format`, () => new CelFormat(check));
}
