import { asArray, asObject, asString, at, type JsonObject, literalReference, parseJson, type Resource } from '../../src/core/fhir.ts';
import { clip, fail, notTestable, pass, warn, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Finding } from '../../src/core/model.ts';
import { isPartOf, sameJson } from '../../src/core/same.ts';
import { contentOf, type Seen, seenIn, seenInDirectory, versionIn } from '../../src/core/seen.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { alterBody, mapEntries, when, whenBody } from '../alter.ts';
import { group } from '../group.ts';
import { r4 } from '../sources.ts';

/** One id, one person and one thing; one version, one content: read, search, $everything, export and Group compared with each other. */

const wayOf = ({ exchange }: Seen): string => `${exchange.request.method} ${exchange.request.url}`;

/** What marks one state of a resource: its version, or, where the server counts none, when it was last changed. */
const stateIn = (resource: Resource): string | undefined => versionIn(resource) ?? asString(at(resource, 'meta', 'lastUpdated'));

/** First element in which two contents of one resource differ. */
function whereDiffers(a: JsonObject, b: JsonObject): string {
  const odd = [...new Set([...Object.keys(a), ...Object.keys(b)])].find((name) => !sameJson(a[name], b[name])) ?? 'content';
  return `${odd} ${clip(JSON.stringify(a[odd]) ?? 'absent', 60)} and ${clip(JSON.stringify(b[odd]) ?? 'absent', 60)}`;
}

/**
 * The same version in two answers: other values fail. Elements that are only left out are a narrower view, which payers owe (PDex and C4BB leave out what was
 * paid for a provider).
 */
function compared(key: string, first: Seen & { readonly content: JsonObject }, second: Seen & { readonly content: JsonObject }): Finding {
  const [a, b] = [first.content, second.content];
  if (sameJson(a, b) || isPartOf(a, b) || isPartOf(b, a)) return pass;
  // A document may name its entries by urn where the server names them by type and id.
  if ([a, b].some((each) => JSON.stringify(each).includes('"reference":"urn:'))) return pass;
  return fail(
    second.exchange,
    `the content of ${key} version ${stateIn(second.resource)} as in ${wayOf(first)}`,
    `other content: ${whereDiffers(a, b)}`,
  );
}

const personOf = (resource: Resource): Readonly<Record<string, string | undefined>> => ({
  ...Object.fromEntries(['subject', 'patient', 'beneficiary'].map((name) => [name, literalReference(at(resource, name, 'reference'))])),
  ...(resource.resourceType === 'Patient' ? { birthDate: asString(resource['birthDate']), gender: asString(resource['gender']) } : {}),
});

/** What no new version of a resource changes: whom it is about, and who a Patient is. */
function otherPerson(a: Resource, b: Resource): string | undefined {
  const [left, right] = [personOf(a), personOf(b)];
  const odd = Object.keys(left).find((name) => left[name] !== undefined && right[name] !== undefined && left[name] !== right[name]);
  if (odd !== undefined) return `${odd} ${left[odd]} and ${right[odd]}`;
  const numbers = [a, b].map((each) =>
    asArray(each['identifier']).map((one) => `${asString(at(one, 'system')) ?? ''}|${asString(at(one, 'value'))}`),
  );
  const [first = [], second = []] = numbers;
  const apart = a.resourceType === 'Patient' && first.length > 0 && second.length > 0 && !first.some((each) => second.includes(each));
  return apart ? `identifier ${clip(first.join(', '), 60)} and ${clip(second.join(', '), 60)}` : undefined;
}

/** Both say something that the rule is about: whom it concerns, or which version it is. */
function canDiffer(a: Resource, b: Resource): boolean {
  const [left, right] = [personOf(a), personOf(b)];
  const versioned = stateIn(a) !== undefined && stateIn(b) !== undefined;
  return versioned || Object.keys(left).some((name) => left[name] !== undefined && right[name] !== undefined);
}

function oneContent(evidence: Evidence): Finding {
  let pairs = 0;
  const found: Finding[] = [];
  for (const [key, all] of [...seenIn(evidence), ...seenInDirectory(evidence)]) {
    const versions = new Map<string, Seen & { readonly content: JsonObject }>();
    const [first, ...others] = all.filter((each) => each.whole);
    if (!first) continue;
    for (const seen of [first, ...others]) {
      const odd = otherPerson(first.resource, seen.resource);
      if (odd !== undefined) return fail(seen.exchange, `one ${key} in every answer`, `${odd}, in ${wayOf(first)} and here`);
      if (first.exchange !== seen.exchange && canDiffer(first.resource, seen.resource)) pairs++;
      const version = stateIn(seen.resource);
      if (version === undefined) continue;
      const known = versions.get(version);
      const here = { ...seen, content: contentOf(seen.resource, evidence) };
      if (known === undefined) versions.set(version, here);
      else found.push(compared(key, known, here));
    }
  }
  if (pairs === 0) return notTestable('No resource came in two answers of this run, so nothing could be compared.', 'test-data');
  const odd = found.length === 0 ? pass : worst(found);
  return odd.outcome === 'pass'
    ? (wentBack(evidence) ?? { outcome: 'pass', note: `${pairs} times a resource was compared with an earlier answer` })
    : odd;
}

/** An older state after a newer one was shown: versions that count, and stamps that go back with them. */
function wentBack(evidence: Evidence): Finding | undefined {
  for (const [key, all] of [...seenIn(evidence), ...seenInDirectory(evidence)]) {
    const stamped = all.map((seen) => ({
      seen,
      version: Number(versionIn(seen.resource)),
      at: Date.parse(asString(at(seen.resource, 'meta', 'lastUpdated')) ?? ''),
    }));
    for (const [index, each] of stamped.entries()) {
      const newer = stamped
        .slice(0, index)
        .find((other) => other.version > each.version && other.at > each.at && other.seen.exchange.step !== 'bulk.file');
      if (newer && each.seen.exchange.step !== 'bulk.file')
        return warn(each.seen.exchange, `${key} in version ${newer.version}, as ${wayOf(newer.seen)} showed before`, `version ${each.version}`);
    }
  }
  return undefined;
}

export const oneContentChecks: readonly Check[] = group({ scenarios: fhirApi }, [
  {
    id: 'rest.version.one-content',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'One id is one thing about one person, and one version of it has one content, whichever way it is asked for: versionId is "changed each time the content of the resource changes".',
    source: r4('resource.html#Meta'),
    judge: oneContent,
    crosses: 'a resource that is spoilt in one answer differs from what the others say of the same version',
    faults: [
      {
        name: 'gives other lab values by $everything than by search',
        at: ['everything', 'page'],
        drives: ['sections'],
        alter: when(
          ({ url }) => url.includes('everything'),
          alterBody((body) => mapEntries(body, (entry) => asOther(entry))),
        ),
      },
      {
        name: 'words a problem in a document otherwise than in the record',
        at: 'document',
        drives: ['sections'],
        alter: alterBody((body) => mapEntries(body, reworded)),
      },
      {
        name: 'gives an Endpoint another name by read than by search in the directory',
        at: 'directory.endpoint',
        alter: when(
          ({ url }) => /\/Endpoint\/[^/?]+$/.test(url),
          alterBody((body) => (body['resourceType'] === 'Endpoint' ? { ...body, name: 'An Endpoint under another name' } : body)),
        ),
      },
      {
        name: 'exchanges what it knows of two members in the file of Patients',
        at: 'bulk.file',
        alter: whenBody(/^\{"resourceType":"Patient".*\n\{"resourceType":"Patient"/, (response) => ({ ...response, body: exchanged(response.body) })),
      },
    ],
  },
]);

const asOther = (entry: Parameters<Parameters<typeof mapEntries>[1]>[0]) =>
  at(entry, 'resource', 'valueQuantity', 'value') === undefined
    ? entry
    : {
        ...entry,
        resource: {
          ...(entry['resource'] as Resource),
          valueQuantity: {
            ...(at(entry, 'resource', 'valueQuantity') as object),
            value: Number(at(entry, 'resource', 'valueQuantity', 'value')) * 10,
          },
        },
      };

const reworded = (entry: JsonObject): JsonObject =>
  at(entry, 'resource', 'resourceType') === 'Condition'
    ? {
        ...entry,
        resource: { ...asObject(entry['resource']), code: { ...asObject(at(entry, 'resource', 'code')), text: 'A problem of somebody else' } },
      }
    : entry;

/** Each row with the id of its neighbour. */
function exchanged(body: string): string {
  const rows = body.split('\n').filter((each) => each !== '');
  const ids = rows.map((each) => asString(at(parseJson(each), 'id')) ?? '');
  return rows.map((each, nth) => JSON.stringify({ ...(parseJson(each) as Resource), id: ids[nth ^ 1] ?? ids[nth] ?? '' })).join('\n');
}
