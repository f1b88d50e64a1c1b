// Conditions of rules (Elastic Load Balancing API Reference, "RuleCondition").
import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { parseCidr } from "../../vpc/cidr.ts";
import { invalid, unsupported } from "./errors.ts";

const MOST_VALUES = 5;

/** The conditions of a request, checked and in the form they are shown. Throws ValidationError. */
export function checkConditions(conditions: readonly RuleCondition[] | undefined): readonly RuleCondition[] {
  if (!conditions || conditions.length === 0) throw invalid("A condition must be specified");
  const checked = conditions.map(checkCondition);
  const single = checked.map(({ Field }) => Field).filter((field) => field !== "http-header" && field !== "query-string");
  if (new Set(single).size < single.length) throw invalid("A rule can only have one condition of each of its fields");
  const values = checked.flatMap((each) => valuesOf(each));
  if (values.length > MOST_VALUES) throw invalid(`A rule can have up to ${MOST_VALUES} condition values`);
  return checked;
}

const valuesOf = (condition: RuleCondition): readonly unknown[] =>
  condition.QueryStringConfig?.Values ?? condition.HttpHeaderConfig?.Values ?? condition.Values ?? configOf(condition)?.Values ?? [];

const configOf = ({ HostHeaderConfig, PathPatternConfig, HttpRequestMethodConfig, SourceIpConfig }: RuleCondition) =>
  HostHeaderConfig ?? PathPatternConfig ?? HttpRequestMethodConfig ?? SourceIpConfig;

function checkCondition(condition: RuleCondition): RuleCondition {
  const { Field = "", RegexValues, HttpHeaderConfig, QueryStringConfig } = condition;
  const config = configOf(condition) as { RegexValues?: string[]; Values?: string[] } | undefined;
  if (RegexValues?.length || config?.RegexValues?.length || HttpHeaderConfig?.RegexValues?.length)
    throw unsupported("regular expressions in rules");
  const values = (what: string, accepts: (value: string) => boolean): string[] => {
    const given = config?.Values ?? condition.Values ?? [];
    if (given.length === 0) throw invalid(`A ${Field} condition must have at least one value`);
    const wrong = given.find((value) => !accepts(value));
    if (wrong !== undefined) throw invalid(`The ${what} '${wrong.slice(0, 128)}' is not valid`);
    return given;
  };
  switch (Field) {
    case "host-header": {
      const Values = values("host name", (value) => /^[A-Za-z0-9.*?-]{1,128}$/.test(value));
      return { Field, Values, HostHeaderConfig: { Values } };
    }
    case "path-pattern": {
      const Values = values("path pattern", (value) => /^[A-Za-z0-9_.$/~"'@:+&*?-]{1,128}$/.test(value));
      return { Field, Values, PathPatternConfig: { Values } };
    }
    case "http-request-method": {
      const Values = values("request method", (value) => /^[A-Z_-]{1,40}$/.test(value));
      return { Field, HttpRequestMethodConfig: { Values } };
    }
    case "source-ip": {
      const Values = values("source address", (value) => parseCidr(value) !== undefined);
      return { Field, SourceIpConfig: { Values } };
    }
    case "http-header": {
      const { HttpHeaderName = "", Values = [] } = HttpHeaderConfig ?? {};
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(HttpHeaderName))
        throw invalid(`The header name '${HttpHeaderName.slice(0, 40)}' is not valid`);
      if (Values.length === 0 || Values.some((value) => value.length > 128))
        throw invalid("A http-header condition must have values of up to 128 characters");
      return { Field, HttpHeaderConfig: { HttpHeaderName, Values } };
    }
    case "query-string": {
      const { Values = [] } = QueryStringConfig ?? {};
      if (Values.length === 0 || Values.some(({ Value }) => !Value || Value.length > 128))
        throw invalid("A query-string condition must have values of up to 128 characters");
      return { Field, QueryStringConfig: { Values } };
    }
    default:
      throw invalid(
        `Condition field '${Field.slice(0, 64)}' must be one of '[path-pattern,host-header,http-request-method,http-header,query-string,source-ip]'`,
      );
  }
}
