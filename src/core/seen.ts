import type { Evidence } from './check.ts';
import type { Exchange } from './exchange.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf, type Resource, rowsIn } from './fhir.ts';
import type { Json } from './json.ts';
import { memo } from './memo.ts';
import { basesOf } from './references.ts';
import { parametersOf, toldIn } from './subjects.ts';
import type { Step } from './vocabulary.ts';

/** One index over all that the payer's FHIR server gave in a run: what it says of one resource here and there. */

export interface Seen {
  readonly exchange: Exchange;
  readonly resource: Resource;
  /** Asked and given in full; else elements may be left out. */
  readonly whole: boolean;
}

/** Steps that read from the payer's FHIR server; what a directory or a CDS service says of the same ids is another server's word. */
const steps: ReadonlySet<Step> = new Set([
  ...(['read', 'vread', 'search', 'page', 'everything', 'docref', 'document', 'care-gaps'] as const),
  ...(['match', 'idi-match', 'group.search', 'group.read', 'bulk.file'] as const),
]);

const directorySteps: ReadonlySet<Step> = new Set(['directory.organization', 'directory.endpoint']);

function index(evidence: Evidence, from: ReadonlySet<Step>): ReadonlyMap<string, readonly Seen[]> {
  const found = new Map<string, Seen[]>();
  for (const exchange of evidence.exchanges) {
    if (!from.has(exchange.step) || exchange.response?.status !== 200) continue;
    const partial = parametersOf(exchange).some(([name]) => name === '_elements' || name === '_summary');
    for (const resource of resourcesIn(exchange)) {
      const id = asString(resource['id']);
      if (id === undefined) continue;
      const key = `${resource.resourceType}/${id}`;
      const whole = !partial && !asArray(at(resource, 'meta', 'tag')).some((tag) => at(tag, 'code') === 'SUBSETTED');
      const seen = { exchange, resource, whole };
      const before = found.get(key);
      if (before === undefined) found.set(key, [seen]);
      else before.push(seen);
    }
  }
  return found;
}

/** By `Type/id`, in the order of the run. Of a bulk file the lines that are stored. */
export const seenIn = memo((evidence: Evidence) => index(evidence, steps));

/** The same of the directory, which is a server of its own. */
export const seenInDirectory = memo((evidence: Evidence) => index(evidence, directorySteps));

/** Read by way of what every judge shares, and kept nowhere else: a copy of its own would double what judging holds. */
function resourcesIn({ step, response, facts }: Exchange): readonly Resource[] {
  if (response === null) return [];
  if (step !== 'bulk.file') return toldIn(jsonOf(response)).map(({ resource }) => resource);
  if (facts?.['file.kind'] !== undefined && facts['file.kind'] !== 'output') return [];
  return rowsIn(response).filter((row) => row !== undefined);
}

export const versionIn = (resource: Resource): string | undefined => asString(at(resource, 'meta', 'versionId'));

/**
 * What must be the same wherever this version is given: keys in one order, references without our base. Left out is what may be made for the answer:
 * meta, narrative, and where an attachment is fetched from.
 */
export function contentOf(resource: Resource, evidence: Evidence): JsonObject {
  const directory = evidence.target.directory?.base;
  const bases = [...basesOf(evidence), ...(directory === undefined ? [] : [directory])].map((base) => `${base.replace(/\/+$/, '')}/`);
  const relative = (text: string): string => {
    const base = bases.find((each) => text.startsWith(each));
    return base === undefined ? text : text.slice(base.length);
  };
  const plain = (value: Json, name: string): Json => {
    if (Array.isArray(value)) return value.map((each: Json) => plain(each, name));
    if (typeof value === 'string') return relative(value);
    if (!isObject(value)) return value;
    const names = Object.keys(value).sort();
    const kept = names.filter((each) => !(/attachment$|^content$|presentedForm|photo/i.test(name) && ['url', 'data', 'size', 'hash'].includes(each)));
    return Object.fromEntries(kept.map((each) => [each, plain(value[each] ?? null, each)]));
  };
  const { meta: _meta, text: _text, ...rest } = resource;
  return asObject(plain(rest, ''));
}
