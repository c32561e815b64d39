import type { Dataset, Made } from '../../fixtures/dataset.ts';
import { isObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** Every value inside, changed from the leaves upwards. */
export const deep = (value: Json, change: (value: Json) => Json): Json => {
  if (Array.isArray(value)) return change((value as readonly Json[]).map((each) => deep(each, change)));
  return change(isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, deep(each, change)])) : value);
};

/** The same data with every text that `change` knows another word for, in ids, references and holdings alike. */
export const respelt = (data: Dataset, change: (text: string) => string): Dataset =>
  rewritten(data, (made) => deep(made, (value) => (typeof value === 'string' ? change(value) : value)) as Made, change);

/** The same data, in which references to these types are words only. */
export function withoutReferences(data: Dataset, types: ReadonlySet<string>): Dataset {
  if (types.size === 0) return data;
  const hides = (value: Json): Json => {
    const type = isObject(value) && typeof value['reference'] === 'string' ? value['reference'].split('/')[0] : undefined;
    return type !== undefined && types.has(type) ? { display: `${type} on file with the plan` } : value;
  };
  return rewritten(
    data,
    (made) => (types.has(made.resourceType) ? made : (deep(made, hides) as Made)),
    (text) => text,
  );
}

/** The same data with every resource made anew; ids stay. */
export const remade = (data: Dataset, rewrite: (made: Made) => Made): Dataset => rewritten(data, rewrite, (text) => text);

function rewritten(data: Dataset, rewrite: (made: Made) => Made, change: (text: string) => string): Dataset {
  const twins = new Map<Made, Made>();
  const twin = (made: Made): Made => {
    const known = twins.get(made) ?? rewrite(made);
    twins.set(made, known);
    return known;
  };
  const list = (made: readonly Made[]): readonly Made[] => made.map(twin);
  const set = (texts: ReadonlySet<string>): ReadonlySet<string> => new Set([...texts].map(change));
  const { ground } = data;
  return {
    ...data,
    resources: new Map([...data.resources].map(([key, made]) => [change(key), twin(made)])),
    byType: new Map([...data.byType].map(([type, made]) => [type, list(made)])),
    byPatient: new Map([...data.byPatient].map(([type, ofType]) => [type, new Map([...ofType].map(([id, made]) => [change(id), list(made)]))])),
    members: data.members.map(change),
    roles: Object.fromEntries(Object.entries(data.roles).map(([role, id]) => [role, change(id)])) as Dataset['roles'],
    owner: new Map([...data.owner].map(([key, id]) => [change(key), change(id)])),
    attribution: new Map([...data.attribution].map(([clinic, ids]) => [clinic, set(ids)])),
    optedOut: set(data.optedOut),
    noConsent: set(data.noConsent),
    ground: {
      payer: twin(ground.payer),
      clinics: { 'clinic-a': twin(ground.clinics['clinic-a']), 'clinic-b': twin(ground.clinics['clinic-b']) },
      practitioners: list(ground.practitioners) as typeof ground.practitioners,
      locations: { 'clinic-a': twin(ground.locations['clinic-a']), 'clinic-b': twin(ground.locations['clinic-b']) },
      medications: list(ground.medications) as typeof ground.medications,
      all: list(ground.all),
    },
  };
}
