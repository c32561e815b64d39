import { asArray, asString, at, isObject, isResource, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import type { Records } from './records.ts';

/** What a token may speak about. */
export interface TokenScope {
  readonly context: JsonObject;
  readonly records: Records;
  /** Prefetch results so far, for `%key`. */
  readonly earlier: Readonly<Record<string, Json>>;
  /** YYYY-MM-DD. */
  readonly today: string;
}

/**
 * The value of one prefetch token without its braces, several joined with commas; undefined when there is none, or the expression is more than we read: the
 * key is then left out, as CDS Hooks demands. Reads the simpler FHIRPath that CDS Hooks and CRD use: paths, type names, `ofType`, `resolve`, `first`, indexes,
 * `|`, `today()` with a distance, the user tokens.
 * Source: https://cds-hooks.hl7.org/2.0/#prefetch-tokens and http://hl7.org/fhir/us/davinci-crd/deviations.html
 */
export function tokenValue(token: string, scope: TokenScope): string | undefined {
  const texts = token.split('|').map((each) => valuesOf(each.trim(), scope));
  if (texts.some((each) => each === undefined)) return undefined;
  const plain = texts.flatMap((each) => (each ?? []).flatMap((value) => (isObject(value) || Array.isArray(value) ? [] : [String(value)])));
  return plain.length === 0 ? undefined : [...new Set(plain)].join(',');
}

function valuesOf(expression: string, scope: TokenScope): readonly Json[] | undefined {
  const day = dayOf(expression, scope.today);
  if (day !== undefined) return [day];
  const steps = expression.match(/[^.()]+(?:\([^()]*\))?/g) ?? [];
  const [root = '', ...rest] = steps;
  let values = rootOf(root, scope);
  for (const step of rest) {
    if (values === undefined) return undefined;
    values = stepInto(values, step, scope.records);
  }
  return values;
}

function rootOf(root: string, { context, earlier }: TokenScope): readonly Json[] | undefined {
  if (root === 'context' || root === '%context') return [context];
  const user = asString(context['userId']) ?? '';
  const [type, id] = user.split('/');
  if (root === 'userId') return user === '' ? [] : [user];
  const named = /^user(Practitioner|PractitionerRole|Patient|RelatedPerson)Id$/.exec(root)?.[1];
  if (named !== undefined) return named === type && id !== undefined ? [id] : [];
  if (!root.startsWith('%')) return undefined;
  const result = earlier[root.slice(1)];
  return result === undefined || result === null ? [] : [result];
}

function stepInto(values: readonly Json[], step: string, records: Records): readonly Json[] | undefined {
  const [, name = '', , argument = ''] = /^\s*([A-Za-z_]\w*)(\(([^()]*)\))?/.exec(step) ?? [];
  const called = step.includes('(');
  const index = /\[(\d+)\]\s*$/.exec(step)?.[1];
  const found = called
    ? callOn(values, name, argument.trim(), records)
    : /^[A-Z]/.test(name)
      ? ofType(values, name)
      : values.flatMap((each) => member(each, name));
  if (index === undefined || found === undefined) return found;
  const one = found[Number(index)];
  return one === undefined ? [] : [one];
}

function callOn(values: readonly Json[], name: string, argument: string, records: Records): readonly Json[] | undefined {
  if (name === 'first') return values.slice(0, 1);
  if (name === 'last') return values.slice(-1);
  if (name === 'ofType' || name === 'as') return ofType(values, argument.split('.').at(-1) ?? '');
  if (name === 'resolve')
    return values.flatMap((each) => {
      const reference = asString(at(each, 'reference')) ?? asString(each) ?? '';
      // An id alone, as context.encounterId is, names a resource of any type.
      return records.get(reference) ?? [...records.values()].find((record) => !reference.includes('/') && record['id'] === reference) ?? [];
    });
  return undefined;
}

const member = (value: Json, name: string): readonly Json[] => {
  const next = at(value, name);
  return next === undefined || next === null ? [] : Array.isArray(next) ? (next as readonly Json[]) : [next];
};

/** Resources of a type: in Bundles, among resources, or as references like `Type/id`. */
const ofType = (values: readonly Json[], type: string): readonly Json[] =>
  values.flatMap((each): readonly Json[] => {
    if (isResource(each, 'Bundle'))
      return ofType(
        asArray(each['entry']).flatMap((entry) => member(entry, 'resource')),
        type,
      );
    if (typeof each === 'string') return each.startsWith(`${type}/`) ? [{ resourceType: type, id: each.slice(type.length + 1) }] : [];
    return isResource(each, type) ? [each] : [];
  });

/** `today()`, `now()`, with `- 3 months` or the like behind it. */
function dayOf(expression: string, today: string): string | undefined {
  const [all, , sign, count, unit] = /^(today|now)\(\)\s*(?:([+-])\s*(\d{1,4})\s*(day|week|month|year)s?)?$/.exec(expression) ?? [];
  if (all === undefined) return undefined;
  const date = new Date(`${today}T00:00:00Z`);
  const by = Number(`${sign ?? '+'}${count ?? 0}`);
  if (unit === 'day' || unit === 'week') date.setUTCDate(date.getUTCDate() + by * (unit === 'week' ? 7 : 1));
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() + by);
  if (unit === 'year') date.setUTCFullYear(date.getUTCFullYear() + by);
  return date.toISOString().slice(0, 10);
}
