import { asString, at } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import type { SearchParameter } from './parameters.ts';
import { fold, type Span, spanOf, storedSpan, tokensOf, valuesOf } from './values.ts';

export type Matcher = (resource: Json) => boolean;
/** Why a parameter cannot be used, in words for the person who sent it. */
export interface Misuse {
  readonly problem: string;
  readonly code: 'invalid' | 'value' | 'not-supported';
}
export const isMisuse = (value: object): value is Misuse => 'problem' in value;

const modifiers: Readonly<Record<SearchParameter['kind'], readonly string[]>> = {
  token: ['missing', 'not'],
  string: ['missing', 'exact', 'contains'],
  date: ['missing'],
  reference: ['missing'],
};

/** Splits at separators that are not escaped by a backslash. */
export const split = (text: string, separator: ',' | '|'): readonly string[] =>
  text.split(separator === ',' ? /(?<!\\),/ : /(?<!\\)\|/).map((part) => part.replace(/\\([,|$\\])/g, '$1'));

/** One search parameter as a test of resources; `base` is the server's own FHIR base for absolute references. */
export function matcher(name: string, modifier: string | undefined, value: string, parameter: SearchParameter, base: string): Matcher | Misuse {
  const { kind, targets = [] } = parameter;
  const isType = modifier !== undefined && kind === 'reference' && targets.includes(modifier);
  if (modifier !== undefined && !isType && !modifiers[kind].includes(modifier))
    return {
      code: 'not-supported',
      problem: `The modifier :${modifier} is not supported on the search parameter ${name}. Remove it, or use one of: ${[...modifiers[kind], ...targets].map((each) => `:${each}`).join(', ')}.`,
    };
  if (modifier === 'missing') {
    if (value !== 'true' && value !== 'false')
      return { code: 'value', problem: `${name}:missing must be true or false. Correct the value and search again.` };
    return (resource) => (valuesOf(resource, parameter).length === 0) === (value === 'true');
  }
  if (value === '') return { code: 'value', problem: `The search parameter ${name} has no value. Give it a value or leave it out.` };
  if (kind === 'date') return dateMatcher(name, split(value, ','), parameter);
  const tests = split(value, ',').map((each) => {
    if (kind === 'token') return tokenTest(each);
    if (kind === 'string') return stringTest(each, modifier);
    return referenceTest(isType ? `${modifier}/${each}` : each, targets, base);
  });
  const any: Matcher = (resource) => valuesOf(resource, parameter).some((stored) => tests.some((test) => test(stored)));
  return modifier === 'not' ? (resource) => !any(resource) : any;
}

/** Implied systems: an element of type code has no system of its own. */
const impliedSystem = 'http://hl7.org/fhir/';

function tokenTest(asked: string): (stored: Json) => boolean {
  const bar = asked.indexOf('|');
  const system = bar < 0 ? undefined : asked.slice(0, bar);
  const code = bar < 0 ? asked : asked.slice(bar + 1);
  return (stored) =>
    tokensOf(stored).some(
      (token) =>
        (code === '' || token.code === code) &&
        (system === undefined ||
          (token.system === undefined ? system === '' || (typeof stored === 'string' && system.startsWith(impliedSystem)) : token.system === system)),
    );
}

function stringTest(asked: string, modifier: string | undefined): (stored: Json) => boolean {
  if (modifier === 'exact') return (stored) => stored === asked;
  const folded = fold(asked);
  if (modifier === 'contains') return (stored) => typeof stored === 'string' && fold(stored).includes(folded);
  return (stored) => typeof stored === 'string' && fold(stored).startsWith(folded);
}

function referenceTest(asked: string, targets: readonly string[], base: string): (stored: Json) => boolean {
  const local = asked.startsWith(`${base}/`) ? asked.slice(base.length + 1) : asked;
  const wanted = local.includes('/') ? [local] : targets.map((type) => `${type}/${local}`);
  return (stored) => {
    const reference = asString(at(stored, 'reference')) ?? '';
    return wanted.length > 0 ? wanted.includes(reference) : reference.endsWith(`/${local}`);
  };
}

/** Source: http://hl7.org/fhir/R4/search.html#prefix */
const compare: Readonly<Record<string, (stored: Span, asked: Span) => boolean>> = {
  eq: (stored, asked) => stored.from >= asked.from && stored.to <= asked.to,
  ne: (stored, asked) => stored.from < asked.from || stored.to > asked.to,
  gt: (stored, asked) => stored.to > asked.to,
  lt: (stored, asked) => stored.from < asked.from,
  ge: (stored, asked) => stored.to > asked.from,
  le: (stored, asked) => stored.from < asked.to,
  sa: (stored, asked) => stored.from >= asked.to,
  eb: (stored, asked) => stored.to <= asked.from,
  ap: (stored, asked) => {
    const slack = Math.abs(Date.now() - asked.from) * 0.1;
    return stored.from < asked.to + slack && stored.to > asked.from - slack;
  },
};

function dateMatcher(name: string, asked: readonly string[], parameter: SearchParameter): Matcher | Misuse {
  const tests: ((stored: Span) => boolean)[] = [];
  for (const each of asked) {
    const [, prefix = '', text = ''] = /^([a-z]{2})?(.*)$/.exec(each) ?? [];
    const by = compare[prefix === '' ? 'eq' : prefix];
    const span = spanOf(text);
    if (by === undefined || span === undefined)
      return {
        code: 'value',
        problem: `The value of the search parameter ${name} is not a date. Correct it to a form such as 2024-05-23 or ge2024-05-23T08:00:00Z (a plus sign must be sent as %2B).`,
      };
    tests.push((stored) => by(stored, span));
  }
  return (resource) =>
    valuesOf(resource, parameter).some((stored) => {
      const span = storedSpan(stored);
      return span !== undefined && tests.some((test) => test(span));
    });
}
