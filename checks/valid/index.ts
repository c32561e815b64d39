import { versionsOf } from '../../src/core/binding.ts';
import { asArray, asObject, asString, at, type JsonObject, jsonOf, parseJson } from '../../src/core/fhir.ts';
import { fail, notApplicable, notTestable, pass, statusOf } from '../../src/core/findings.ts';
import { type Guide, guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Issue, Json } from '../../src/core/model.ts';
import { cutShort, judgedBy } from '../../src/core/sample.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType } from '../alter.ts';
import type { Area } from '../area.ts';
import { eachCard } from '../crd/alter.ts';
import { group } from '../group.ts';
import { issueLine } from '../payload.ts';
import { r4 } from '../sources.ts';

const base = 'http://hl7.org/fhir/StructureDefinition/';
const bare = (canonical: string): string => canonical.split('|')[0] ?? canonical;

/** Honest answers that a validator looked at. Error answers have rows of their own. */
const validated = ({ exchanges }: Evidence): readonly Exchange[] =>
  exchanges.filter((each) => each.probe === undefined && each.issues !== undefined && statusOf(each) >= 200 && statusOf(each) < 300);

/**
 * Text that is no JSON, what holds a Bundle together and the CapabilityStatement have rows of their own (NDJSON, searchset, paging, cc3.metadata.valid). What
 * the envelope has in common with every resource has none but this.
 */
const isEnvelope = ({ expression, rule }: Issue): boolean =>
  expression === '' ||
  expression.startsWith('CapabilityStatement') ||
  rule.startsWith('invariant.bdl-') ||
  (/^(Bundle|Parameters)\b/.test(expression) && !/\.resource\b|^\w+\.(meta|id|implicitRules|language)\b/.test(expression));

/** What a resource lacks that says of itself to be a part of the whole (SUBSETTED): keeping mandatory elements is asked by bulk.param.elements. */
function isLeftOut({ rule, line }: Issue, { response }: Exchange): boolean {
  if (rule !== 'min' && !rule.startsWith('invariant.')) return false;
  const row = line === undefined ? jsonOf(response) : parseJson(response?.body.split('\n')[line - 1]);
  return asArray(at(row, 'meta', 'tag')).some((tag) => at(tag, 'code') === 'SUBSETTED');
}

const isBase = ({ profile }: Issue): boolean => profile === undefined || profile.startsWith(base);
const claims = ({ facts = {} }: Exchange): readonly string[] => asArray(facts['validation.claimed']).flatMap((each) => asString(each) ?? []);

/**
 * Fails with the first error that concerns the row; what stayed open is counted in the note, since a pass says only that nothing was found. `beyond`: by
 * what the lines of a large file must have been judged that are not stored.
 */
function judged(
  evidence: Evidence,
  expected: string,
  concerns: (issue: Issue, exchange: Exchange) => boolean,
  beyond: 'schema' | 'profiles' = 'schema',
): Finding {
  const looked = validated(evidence);
  if (looked.length === 0) return notTestable('No validator looked at any answer.', 'set-up');
  let open = 0;
  let sampled: string | undefined;
  let bySchema = 0;
  for (const exchange of looked) {
    for (const issue of exchange.issues ?? []) {
      if (isEnvelope(issue) || !concerns(issue, exchange) || isLeftOut(issue, exchange)) continue;
      if (issue.severity === 'error') return fail(exchange, expected, issueLine(issue));
      if (issue.severity === 'not-verifiable') open++;
    }
    const cut = cutShort(exchange);
    if (cut === undefined) continue;
    const by = judgedBy(twinOf(exchange, looked));
    if (by === undefined || (by === 'schema' && beyond === 'profiles'))
      sampled ??=
        by === undefined
          ? cut
          : `${cut}; beyond that, lines were judged by the R4 schema alone (validation.bulk: "profiles" in the target file judges all by their profiles)`;
    else if (by === 'schema') bySchema++;
  }
  if (sampled !== undefined) return notTestable(`Nothing was found against it, but ${sampled}.`, 'ours');
  const notes = [
    ...(open === 0 ? [] : [`${open} points could not be verified here (code systems or profiles that are not loaded)`]),
    ...(bySchema === 0 ? [] : [`of ${bySchema} large files, lines beyond the first bytes were judged by the R4 schema alone`]),
  ];
  return notes.length === 0 ? pass : { outcome: 'pass', note: notes.join('; ') };
}

/** The same file downloaded again is judged by the reading that looked at all of it. */
const twinOf = (file: Exchange, all: readonly Exchange[]): Exchange =>
  all.find((each) => judgedBy(each) !== undefined && each.facts?.['file.sha256'] === file.facts?.['file.sha256']) ?? file;

/** Changes every resource of a type in a searchset. */
const eachFound = (type: string, change: (resource: JsonObject) => Json) =>
  alterType('Bundle', (bundle) => {
    const { entry: entries } = bundle;
    if (entries === undefined) return bundle;
    const entry = asArray(entries).map((each) => {
      const resource = asObject(asObject(each)['resource']);
      return resource['resourceType'] === type ? { ...asObject(each), resource: change(resource) } : each;
    });
    return { ...bundle, entry };
  });

/** Where a profile that was claimed without a version was judged by another edition of its guide than any that the payer follows, since none of those is loaded. */
interface Misjudged {
  readonly profile: string;
  readonly words: string;
}

function misjudgedIn(evidence: Evidence, claiming: readonly Exchange[]): readonly Misjudged[] {
  const claimed = new Set(claiming.flatMap(claims));
  const judging = new Set(claiming.flatMap((each) => asArray(each.facts?.['validation.profiles'])).flatMap((each) => asString(each) ?? []));
  return [...judging].flatMap((canonical) => {
    const [profile = '', edition] = canonical.split('|');
    const guide = Object.values<Guide>(guides).find(({ canonicals }) => canonicals.some((root) => profile.startsWith(root)));
    if (guide === undefined || edition === undefined || !claimed.has(profile)) return [];
    const followed = versionsOf(evidence, guide);
    if (followed.length === 0 || followed.includes(edition)) return [];
    const add = `payer-assay ig add ${guide.id}#${followed[0]}`;
    return [{ profile, words: `judged by ${guide.name} ${edition}: the payer follows ${followed.join(' and ')}, which is not loaded; ${add}` }];
  });
}

const scenarios = allScenarios;

/** A suggestion whose order lacks what R4 demands of it. */
const withoutIntent = (suggestion: Json): Json => ({
  ...asObject(suggestion),
  actions: asArray(at(suggestion, 'actions')).map((action) => ({
    ...asObject(action),
    resource: Object.fromEntries(Object.entries(asObject(at(action, 'resource'))).filter(([name]) => name !== 'intent')),
  })),
});

const checks: readonly Check[] = group({ scenarios: scenarios, lines: ['L2'] }, [
  {
    id: 'payload.r4',
    level: 'SHALL',
    measures: 'payload',
    text: 'Every resource that an answer holds is valid FHIR R4: its elements, cardinalities, types, required codes and invariants.',
    source: r4('validation.html', 'validation'),
    judge: (evidence) => judged(evidence, 'a payload that is valid FHIR R4', isBase),
    faults: [
      {
        name: 'finds Devices with an element that R4 does not know',
        at: 'search',
        alter: eachFound('Device', (device) => ({ ...device, mood: 'sunny' })),
      },
      {
        name: 'suggests an order that R4 does not know',
        at: 'cds.hook',
        alter: eachCard((card) => (Array.isArray(card['suggestions']) ? { ...card, suggestions: card['suggestions'].map(withoutIntent) } : card)),
      },
      {
        name: 'ends a bulk file too large to store with an element that R4 does not know',
        at: 'bulk.status',
        behaviour: 'ends-with-an-invalid-line',
        target: { bulk: { storedBytes: 1024 } },
      },
    ],
  },
  {
    id: 'payload.claims',
    level: 'SHALL',
    measures: 'payload',
    text: 'A resource conforms to every profile that it names in meta.profile.',
    source: r4('resource.html#Meta', 'meta'),
    judge(evidence) {
      const claiming = validated(evidence).filter((each) => claims(each).length > 0);
      if (claiming.length === 0) return notApplicable('No resource of the answers names a profile.');
      if (claiming.every((each) => asArray(each.facts?.['validation.absent']).length >= claims(each).length))
        return notTestable('None of the profiles that the answers name is loaded. Add their packages: payer-assay ig add ID#VERSION.', 'set-up');
      // Another edition may ask for more or for less: it neither accuses nor clears.
      const others = misjudgedIn(evidence, claiming);
      const foreign = new Set(others.map(({ profile }) => profile));
      const finding = judged(
        evidence,
        'a payload that fits the profile it names',
        ({ profile = '', ...issue }, exchange) =>
          !isBase({ ...issue, profile }) && !foreign.has(bare(profile)) && claims(exchange).some((each) => bare(each) === bare(profile)),
        'profiles',
      );
      if (finding.outcome !== 'pass' || others.length === 0) return finding;
      const words = [...new Set(others.map((each) => each.words))];
      return notTestable(`Profiles were ${words.join('; ')}`, 'set-up');
    },
    faults: [
      {
        name: 'finds Devices without the type that their profile demands',
        at: 'search',
        alter: eachFound('Device', ({ type: _type, ...device }) => device),
      },
    ],
  },
]);

/** Payloads as the validation tiers see them. */
export const valid: Area = { checks, excluded: [], variations: [] };
