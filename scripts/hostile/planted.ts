import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../src/core/model.ts';
import { encodings } from './canaries.ts';

/** Elements whose values identify somebody, and are long enough to be no ordinary word or number. */
const telling = /^(family|given|value|birthDate|line)$/;

/** What the target file says of its people, value by value. */
export const peopleIn = (value: unknown): readonly string[] => [...new Set(walk(value, ''))];

function walk(value: unknown, key: string): readonly string[] {
  if (typeof value === 'string') return telling.test(key) && value.length >= 6 && !/^(http|urn)/.test(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((each) => walk(each, key));
  return value === null || typeof value !== 'object' ? [] : Object.entries(value).flatMap(([name, each]) => walk(each, name));
}

/**
 * Files as a payer's export would bring them, in which every value of each person stands again where it is wrong, in every encoding: as a code, a reference, a
 * profile, the name of a property, and as a line that is no JSON. Answers with the folder, how many values there are, and how often each encoding was used.
 */
export function plantFiles(folder: string, { members }: Target): { readonly folder: string; readonly said: ReadonlyMap<string, number> } {
  const people = resourcesIn(members);
  const said = new Map(Object.keys(encodings).map((how) => [how, 0]));
  const files = new Map<string, string[]>();
  for (const person of people)
    for (const value of peopleIn(person))
      for (const [how, encode] of Object.entries(encodings)) {
        const wrong = encode(value);
        const row = {
          ...person,
          language: wrong,
          [`a ${wrong}`]: 1,
          contained: [{ reference: `Nobody/${wrong}` }],
          meta: { profile: [wrong], lastUpdated: wrong },
          extension: [{ url: `http://x.example/${wrong}`, valueReference: { reference: wrong } }],
        };
        const rows = files.get(person.resourceType) ?? [];
        files.set(person.resourceType, rows);
        rows.push(JSON.stringify(row), `{"resourceType":"${person.resourceType}","id":${JSON.stringify(wrong)} ${wrong}`);
        said.set(how, (said.get(how) ?? 0) + 1);
      }
  mkdirSync(folder, { recursive: true });
  for (const [type, rows] of files) writeFileSync(join(folder, `${type}.ndjson`), `${rows.join('\n')}\n`);
  return { folder, said };
}

type Person = Readonly<Record<string, unknown>> & { readonly resourceType: string };

function resourcesIn(value: unknown): readonly Person[] {
  if (Array.isArray(value)) return value.flatMap(resourcesIn);
  if (value === null || typeof value !== 'object') return [];
  const type = (value as { readonly resourceType?: unknown }).resourceType;
  return typeof type === 'string' ? [{ ...value, resourceType: type }] : Object.values(value).flatMap(resourcesIn);
}
