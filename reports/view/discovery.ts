import { asArray, asString, at, entriesOf, isObject, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, Json, Run, Step } from '../../src/core/model.ts';
import { sameBase } from '../../src/core/url.ts';
import { line } from './text.ts';

/** Which sources named the payer's endpoint, what each said, and whether they agree (rubric 4 rests on this). */
interface Statement {
  readonly source: string;
  readonly base?: string;
  readonly version?: string;
  readonly token?: string;
  readonly exchange?: number;
}

export function discoveryView(run: Run) {
  const found = statements(run);
  const bases = found.flatMap(({ base }) => (base === undefined ? [] : [base]));
  const tokens = found.flatMap(({ token }) => (token === undefined ? [] : [token]));
  const [base] = bases;
  const [token] = tokens;
  const others = bases.filter((each) => base !== undefined && !sameBase(each, base)).length;
  return {
    any: found.some((each) => each.exchange !== undefined),
    agree: others === 0,
    verdict:
      bases.length < 2
        ? 'Only one source names the base URL, so nothing confirms it.'
        : others === 0
          ? `${bases.length} sources name the same base URL.`
          : `${others} of ${bases.length} sources name another base URL.`,
    tokens:
      tokens.length < 2
        ? ''
        : tokens.every((each) => each === token)
          ? `${tokens.length} sources name the same token endpoint.`
          : 'SMART and UDAP name token endpoints of their own.',
    rows: found.map((each) => ({
      source: each.source,
      base: line(each.base ?? '', 200),
      version: line(each.version ?? '', 60),
      token: line(each.token ?? '', 200),
      exchange: each.exchange === undefined ? '' : String(each.exchange),
      odd: each.base !== undefined && base !== undefined && !sameBase(each.base, base),
    })),
  };
}

function statements({ exchanges, target }: Run): readonly Statement[] {
  const last = (step: Step) => exchanges.findLast((each) => each.step === step && each.probe === undefined && each.response?.status === 200);
  const from = (step: Step, read: (body: Json | undefined) => Omit<Statement, 'exchange'>): readonly Statement[] => {
    const exchange = last(step);
    return exchange ? [{ ...read(jsonOf(exchange.response)), exchange: exchange.index }] : [];
  };
  return [
    ...(target.fhir ? [{ source: 'target file', base: target.fhir.base }] : []),
    ...endpoints(last('directory.endpoint')),
    ...from('wellknown.davinci', (body) => ({ source: 'davinci-configuration', ...some('base', davinci(body)) })),
    ...from('metadata', (body) => ({
      source: 'CapabilityStatement',
      ...some('base', asString(at(body, 'implementation', 'url'))),
      ...some('version', asString(at(body, 'fhirVersion'))),
    })),
    ...from('versions', (body) => ({ source: '$versions', ...some('version', versionOf(body)) })),
    ...from('smart.configuration', (body) => ({ source: 'SMART configuration', ...some('token', asString(at(body, 'token_endpoint'))) })),
    ...from('udap.metadata', (body) => ({ source: 'UDAP metadata', ...some('token', asString(at(body, 'token_endpoint'))) })),
  ];
}

/** A directory may list several endpoints: each is a statement of its own, a handful is enough to see. */
const endpoints = (exchange: Exchange | undefined): readonly Statement[] =>
  entriesOf(jsonOf(exchange?.response))
    .flatMap(({ resource }) => {
      const address = asString(at(resource, 'address'));
      return address === undefined || !exchange
        ? []
        : [{ source: `directory: ${line(asString(at(resource, 'name')) ?? 'Endpoint', 60)}`, base: address, exchange: exchange.index }];
    })
    .slice(0, 6);

function davinci(body: Json | undefined): string | undefined {
  const listed = at(body, 'endpoints');
  return isObject(listed)
    ? (asString(listed['davinci_pdex_provider_endpoint']) ??
        Object.values(listed)
          .map(asString)
          .find((each) => each !== undefined))
    : undefined;
}

function versionOf(body: Json | undefined): string | undefined {
  const parameter = asArray(at(body, 'parameter')).find((each) => at(each, 'name') === 'default') ?? asArray(at(body, 'parameter'))[0];
  return asString(at(parameter, 'valueCode')) ?? asString(at(parameter, 'valueString'));
}

const some = <Key extends string>(key: Key, value: string | undefined) =>
  value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: string });
