import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Json } from '../../src/core/model.ts';

type Obj = { [key: string]: Json };

/** A resource with one thing wrong (or deliberately odd), and the rule that it breaks. */
export interface Mutant {
  readonly rule: string;
  readonly resource: Json;
}

/** A place in a resource. */
interface Spot {
  readonly parent: Obj | Json[];
  readonly key: string | number;
  readonly value: Json;
  readonly name: string;
}

const isObj = (value: Json | undefined): value is Obj => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (spot: Spot): boolean => typeof spot.value === 'string';

function spotsOf(value: Json, name = '', out: Spot[] = []): Spot[] {
  if (Array.isArray(value)) {
    (value as Json[]).forEach((item, key) => {
      out.push({ parent: value as Json[], key, value: item, name });
      spotsOf(item, name, out);
    });
  } else if (isObj(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (key === 'resourceType' || key === 'div' || (name === '' && key === 'meta')) continue;
      out.push({ parent: value, key, value: item, name: key });
      spotsOf(item, key, out);
    }
  }
  return out;
}

const put = (spot: Spot, value: Json): void => {
  (spot.parent as Obj)[spot.key as string] = value;
};
const remove = (spot: Spot): void => {
  if (Array.isArray(spot.parent)) spot.parent.splice(spot.key as number, 1);
  else delete spot.parent[spot.key as string];
};
const inObject = (spot: Spot): boolean => !Array.isArray(spot.parent);
const dateShape = /^\d{4}-\d\d-\d\d/;

/** Each rule: where it can strike, and what it does there. */
const rules: Readonly<Record<string, { readonly at: (spot: Spot) => boolean; readonly does: (spot: Spot) => void }>> = {
  'drop an element': { at: (spot) => inObject(spot) && spot.name !== 'text', does: remove },
  'drop a list item': { at: (spot) => Array.isArray(spot.parent) && spot.parent.length > 1, does: remove },
  'repeat a list item': {
    at: (spot) => Array.isArray(spot.parent),
    does: (spot) => (spot.parent as Json[]).push(structuredClone(spot.value)),
  },
  'number for text': { at: (spot) => isText(spot) && inObject(spot), does: (spot) => put(spot, 7) },
  'text for number': { at: (spot) => typeof spot.value === 'number', does: (spot) => put(spot, String(spot.value)) },
  'text for boolean': { at: (spot) => typeof spot.value === 'boolean', does: (spot) => put(spot, String(spot.value)) },
  'text for object': { at: (spot) => isObj(spot.value), does: (spot) => put(spot, 'text') },
  'object for text': { at: (spot) => isText(spot), does: (spot) => put(spot, { text: String(spot.value) }) },
  'array for single': { at: (spot) => inObject(spot) && !Array.isArray(spot.value), does: (spot) => put(spot, [spot.value]) },
  'single for array': {
    at: (spot) => Array.isArray(spot.value) && spot.value.length > 0,
    does: (spot) => put(spot, (spot.value as Json[])[0] ?? null),
  },
  'empty array': { at: (spot) => Array.isArray(spot.value), does: (spot) => put(spot, []) },
  'empty object': { at: (spot) => isObj(spot.value), does: (spot) => put(spot, {}) },
  'empty text': { at: isText, does: (spot) => put(spot, '') },
  'null value': { at: (spot) => inObject(spot), does: (spot) => put(spot, null) },
  'unknown property': { at: (spot) => isObj(spot.value), does: (spot) => put(spot, { ...(spot.value as Obj), notAnElement: 'x' }) },
  'unknown code': {
    at: (spot) => inObject(spot) && ['status', 'use', 'gender', 'intent', 'type', 'mode', 'outcome'].includes(spot.name) && isText(spot),
    does: (spot) => put(spot, 'not-a-code'),
  },
  'other coding': {
    at: (spot) => spot.name === 'coding' && isObj(spot.value),
    does: (spot) => put(spot, { ...(spot.value as Obj), system: 'http://example.org/none', code: 'none' }),
  },
  'spaces in a code': { at: (spot) => spot.name === 'code' && isText(spot), does: (spot) => put(spot, ` ${String(spot.value)}`) },
  'bad date': { at: (spot) => isText(spot) && dateShape.test(String(spot.value)), does: (spot) => put(spot, '2023-13-45') },
  'day that does not exist': { at: (spot) => /^\d{4}-\d\d-\d\d$/.test(String(spot.value)), does: (spot) => put(spot, '2023-02-30') },
  'time without zone': {
    at: (spot) => isText(spot) && /T.*(Z|[+-]\d\d:\d\d)$/.test(String(spot.value)),
    does: (spot) => put(spot, '2023-02-03T10:00:00'),
  },
  'long id': { at: (spot) => spot.key === 'id' && isText(spot), does: (spot) => put(spot, 'x'.repeat(65)) },
  'id with underscore': { at: (spot) => spot.key === 'id' && isText(spot), does: (spot) => put(spot, 'a_b') },
  'reference to another type': {
    at: (spot) => spot.name === 'reference' && /^[A-Z]\w+\//.test(String(spot.value)),
    does: (spot) => put(spot, 'Substance/1'),
  },
  'reference to nothing contained': { at: (spot) => spot.name === 'reference', does: (spot) => put(spot, '#nope') },
  'extension without url': { at: (spot) => spot.name === 'extension' && isObj(spot.value), does: (spot) => put(spot, without(spot.value, 'url')) },
  'extension with another value type': {
    at: (spot) => spot.name === 'extension' && isObj(spot.value) && Object.keys(spot.value).some((key) => key.startsWith('value')),
    does: (spot) => put(spot, { url: (spot.value as Obj)['url'] ?? '', valueRatio: { numerator: { value: 1 }, denominator: { value: 2 } } }),
  },
  'extension with value and extensions': {
    at: (spot) => spot.name === 'extension' && isObj(spot.value) && Object.keys(spot.value).some((key) => key.startsWith('value')),
    does: (spot) => put(spot, { ...(spot.value as Obj), extension: [{ url: 'http://example.org/x', valueString: 'x' }] }),
  },
  'second choice value': {
    at: (spot) => inObject(spot) && /^(value|onset|effective|deceased|timing|serviced|medication)[A-Z]/.test(spot.name),
    does: addChoice,
  },
  'space in a uri': {
    at: (spot) => spot.name === 'system' && isText(spot) && String(spot.value).includes(':'),
    does: (spot) => put(spot, 'http://a b'),
  },
  'negative sequence': { at: (spot) => spot.name === 'sequence' && typeof spot.value === 'number', does: (spot) => put(spot, -1) },
  'fraction for integer': { at: (spot) => spot.name === 'sequence' && typeof spot.value === 'number', does: (spot) => put(spot, 1.5) },
  'end before start': {
    at: (spot) => isObj(spot.value) && 'start' in spot.value && 'end' in spot.value,
    does: (spot) => put(spot, { start: '2020-05-01', end: '2019-01-01' }),
  },
  'value list item null': { at: (spot) => Array.isArray(spot.parent), does: (spot) => put(spot, null) },
};

function addChoice(spot: Spot): void {
  const stem = /^(value|onset|effective|deceased|timing|serviced|medication)/.exec(spot.name)?.[0] ?? 'value';
  const other =
    {
      value: 'valueBoolean',
      onset: 'onsetString',
      effective: 'effectiveInstant',
      deceased: 'deceasedDateTime',
      timing: 'timingDate',
      serviced: 'servicedDate',
      medication: 'medicationReference',
    }[stem] ?? 'valueString';
  const sample: Json =
    {
      valueBoolean: true,
      effectiveInstant: '2020-01-01T00:00:00Z',
      deceasedDateTime: '2020-01-01',
      timingDate: '2020-01-01',
      servicedDate: '2020-01-01',
      medicationReference: { display: 'x' },
    }[other] ?? 'x';
  const [key, value] = other === spot.name ? ([`${stem}String`, 'x'] as const) : ([other, sample] as const);
  (spot.parent as Obj)[key] = value;
}

const without = (value: Json, key: string): Json => Object.fromEntries(Object.entries(isObj(value) ? value : {}).filter(([name]) => name !== key));

/** Rules for the whole resource. */
const whole: Readonly<Record<string, (resource: Obj) => Json>> = {
  'script in the narrative': (resource) => ({
    ...resource,
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>' },
  }),
  'narrative that is not closed': (resource) => ({
    ...resource,
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>text</div>' },
  }),
  'narrative without content': (resource) => ({
    ...resource,
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"> </div>' },
  }),
  'profile of another type': (resource) => ({ ...resource, meta: { profile: ['http://hl7.org/fhir/StructureDefinition/bp'] } }),
  'contained resource that nothing refers to': (resource) => ({
    ...resource,
    contained: [{ resourceType: 'Basic', id: 'lonely', code: { text: 'x' } }],
  }),
};

/** `count` mutants of one resource, spread over all rules; the same for the same seed. */
export function mutantsOf(resource: Json, count: number, seed: number): readonly Mutant[] {
  const random = xoroshiro128plus(seed);
  const pick = (n: number): number => (random.next() >>> 0) % n;
  const names = [...Object.keys(rules), ...Object.keys(whole)];
  const start = pick(names.length);
  const out: Mutant[] = [];
  for (let i = 0; i < names.length * 2 && out.length < count; i++) {
    const rule = names[(start + i) % names.length] ?? '';
    const copy = structuredClone(resource) as Obj;
    const change = whole[rule];
    if (change) {
      out.push({ rule, resource: change(copy) });
      continue;
    }
    const spots = spotsOf(copy).filter((spot) => rules[rule]?.at(spot));
    const spot = spots[pick(Math.max(1, spots.length))];
    if (!spot) continue;
    rules[rule]?.does(spot);
    out.push({ rule, resource: copy });
  }
  return out;
}
