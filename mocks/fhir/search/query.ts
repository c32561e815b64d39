import { isMisuse, type Matcher, type Misuse, matcher, split } from './matchers.ts';
import { type SearchParameter, searchable } from './parameters.ts';

export type Pairs = readonly (readonly [name: string, value: string])[];

export interface Join {
  /** Type whose reference is followed. */
  readonly source: string;
  /** Absent = every reference parameter of the type. */
  readonly parameter?: string;
  readonly target?: string;
}

/** A search as it was understood. */
export interface Query {
  readonly type: string;
  readonly tests: readonly Matcher[];
  /** Logical ids to look at, when `_id` or `patient` names them: spares a walk over everything. */
  readonly ids?: readonly string[];
  readonly patients?: readonly string[];
  readonly include: readonly Join[];
  readonly revinclude: readonly Join[];
  readonly sort: readonly { readonly parameter: SearchParameter; readonly descending: boolean }[];
  readonly count: number;
  readonly summary: 'none' | 'count' | 'data';
  readonly total: boolean;
  /** What goes into the self link: parameters that were really used. */
  readonly applied: Pairs;
  /** Names that were not understood and left out. */
  readonly ignored: readonly string[];
}

export interface Trouble extends Misuse {
  readonly parameter: string;
}
export const isTrouble = (value: object): value is Trouble => 'problem' in value;

const usualPage = 50;
const free = new Set(['_format', '_pretty']);

export interface Reading {
  readonly strict: boolean;
  /** The server's own FHIR base, for absolute references. */
  readonly base: string;
  /** How many matches a page holds when this many are asked for; all of them when absent. */
  readonly pageSize?: (asked: number) => number;
  /** `_count=0` asks for the number of matches; false: it is taken for no limit. */
  readonly countsOnly?: boolean;
}

/** Reads search parameters. A wrong one is trouble; an unknown one is trouble only when `strict`. */
export function readQuery(type: string, pairs: Pairs, { strict, base, pageSize = (asked) => asked, countsOnly = true }: Reading): Query | Trouble {
  const known = searchable[type] ?? {};
  const tests: Matcher[] = [];
  const applied: (readonly [string, string])[] = [];
  const ignored: string[] = [];
  const found: { -readonly [Key in 'ids' | 'patients']?: readonly string[] } = {};
  const include: Join[] = [];
  const revinclude: Join[] = [];
  const sort: { parameter: SearchParameter; descending: boolean }[] = [];
  let [count, summary, total]: [number, Query['summary'], boolean] = [pageSize(usualPage), 'none', true];
  const trouble = (parameter: string, problem: string, code: Misuse['code'] = 'value'): Trouble => ({ parameter, problem, code });

  for (const [full, value] of pairs) {
    const [name = '', ...rest] = full.split(':');
    const modifier = rest.length > 0 ? rest.join(':') : undefined;
    if (free.has(name)) continue;
    switch (name) {
      case '_query':
        return trouble(
          full,
          `The named query ${value} is not known here, so _query cannot be used. Remove it and search by the parameters in metadata.`,
          'not-supported',
        );
      case '_count': {
        if (!/^\d{1,9}$/.test(value)) return trouble(full, '_count must be a whole number from 0 upwards. Correct the value and search again.');
        count = pageSize(Number(value));
        if (Number(value) === 0) {
          if (countsOnly) summary = 'count';
          else count = pageSize(usualPage);
        }
        break;
      }
      case '_summary':
        if (value === 'count' || value === 'data') summary = value;
        else if (!['true', 'false', 'text'].includes(value))
          return trouble(full, '_summary must be true, false, count, data or text. Correct the value and search again.');
        else if (value !== 'false') {
          ignored.push(full); // a server may send more than the summary
          continue;
        }
        break;
      case '_total':
        if (!['none', 'estimate', 'accurate'].includes(value))
          return trouble(full, '_total must be none, estimate or accurate. Correct the value and search again.');
        total = value !== 'none';
        break;
      case '_sort': {
        for (const each of split(value, ',')) {
          const parameter = known[each.replace(/^-/, '')];
          if (!parameter)
            return trouble(full, `_sort cannot use ${each}: it is no search parameter of ${type}. Choose one that metadata lists.`, 'not-supported');
          sort.push({ parameter, descending: each.startsWith('-') });
        }
        break;
      }
      case '_include':
      case '_revinclude': {
        const join = readJoin(name, modifier, value, type);
        if (isMisuse(join)) return { parameter: full, ...join };
        (name === '_include' ? include : revinclude).push(join);
        break;
      }
      default: {
        const parameter = known[name];
        if (!parameter) {
          if (strict)
            return trouble(
              full,
              `The search parameter ${full} is not known for ${type}. Remove it, or choose one that metadata lists.`,
              'not-supported',
            );
          ignored.push(full);
          continue;
        }
        const test = matcher(name, modifier, value, parameter, base);
        if (isMisuse(test)) return { parameter: full, ...test };
        if (name === '_id' && modifier === undefined) found.ids = split(value, ',');
        else tests.push(test);
        if (parameter.targets?.join() === 'Patient' && modifier !== 'missing')
          found.patients = split(value, ',').map((each) => each.slice(each.lastIndexOf('/') + 1));
      }
    }
    applied.push([full, value]);
  }
  return { type, tests, ...found, include, revinclude, sort, count, summary, total, applied, ignored };
}

function readJoin(name: string, modifier: string | undefined, value: string, type: string): Join | Misuse {
  if (modifier !== undefined)
    return { code: 'not-supported', problem: `The modifier :${modifier} is not supported on ${name}. Remove it and search again.` };
  const [source = '', parameter = '', target] = value.split(':');
  const declared = searchable[source];
  if (value === '*')
    return name === '_include'
      ? { source: type }
      : { code: 'not-supported', problem: '_revinclude=* is not supported. Name type and parameter, for example Provenance:target.' };
  if (!declared || (name === '_include' && source !== type) || (parameter !== '*' && declared[parameter]?.kind !== 'reference'))
    return {
      code: 'not-supported',
      problem: `${name}=${value} names no reference parameter that is known here. Correct it to a form such as ${name === '_include' ? `${type}:patient` : 'Provenance:target'}.`,
    };
  return { source, ...(parameter === '*' ? {} : { parameter }), ...(target === undefined ? {} : { target }) };
}
