import { asArray, asObject, asString, at, type JsonObject, literalReference } from '../../src/core/fhir.ts';
import { notApplicable, notReached, pass, select, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Finding, Json } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { crd, crd20 } from '../sources.ts';
import { dropPart, eachAction, eachInformation, json, swap } from './alter.ts';
import {
  bodyOf,
  type Information,
  informationIn,
  informationOf,
  isFirstCrd2,
  mayFollow,
  onInformation,
  ourResources,
  partOf,
  partsOf,
  readUnkept,
  rule,
  shown,
  softRule,
} from './lib.ts';

const once = ['coverage', 'covered', 'date', 'coverage-assertion-id'] as const;
/** Bound as required to the value set DocReason. */
const purposes: readonly string[] = ['withpa', 'withclaim', 'withorder', 'retain-doc', 'OTH'];
const code = (information: Information, part: string): string | undefined => asString(partOf(information, part));

/** What this order is told under another id of the same coverage. */
function otherIds(one: Information): readonly Finding[] {
  const coverage = literalReference(at(partOf(one, 'coverage'), 'reference'));
  if (coverage === undefined) return [];
  return informationOf(one.exchange).flatMap((other) => {
    if (other.resource !== one.resource || literalReference(at(partOf(other, 'coverage'), 'reference')) !== coverage) return [];
    const [id, second] = [code(one, 'coverage-assertion-id'), code(other, 'coverage-assertion-id')];
    return id === second || id === undefined || second === undefined ? [] : [rule(false, one, `one id for ${coverage}`, `${id} and ${second}`)];
  });
}

/** An order whose coverage information stands there twice, the second time under another id. */
function saidTwice(order: JsonObject): JsonObject {
  const all = asArray(order['extension']);
  const more = all.map((each) => JSON.parse(JSON.stringify(each).replace(/"valueString":"A-/g, '"valueString":"B-')) as Json);
  return { ...order, extension: [...all, ...more] };
}

/** The coverage-information extension, part by part: codes and co-occurrence rules. */
export const partChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.coverage.required-parts',
    level: 'SHALL',
    text: 'The extension has one each of coverage, covered, date and coverage-assertion-id.',
    source: crd20('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information) => {
      const odd = once.find((part) => partsOf(information, part).length !== 1);
      return rule(odd === undefined, information, `one each of ${once.join(', ')}`, `${odd}: ${partsOf(information, odd ?? '').length}`);
    }),
    faults: [
      {
        name: 'leaves coverage-assertion-id out',
        at: 'cds.hook',
        alter: eachInformation((parts, hook) =>
          hook === 'encounter-start' ? parts.filter((part) => part['url'] !== 'coverage-assertion-id') : parts,
        ),
      },
    ],
  },
  {
    id: 'crd.coverage.covered-code',
    level: 'SHALL',
    text: 'covered is covered, not-covered, conditional or (from 2.2) indeterminate.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const allowed = ['covered', 'not-covered', 'conditional', ...(mayFollow(evidence, '2.2.1') ? ['indeterminate'] : [])];
      return rule(allowed.includes(code(information, 'covered') ?? 'covered'), information, `covered: ${allowed.join(', ')}`, () =>
        shown(partOf(information, 'covered')),
      );
    }),
    faults: [{ name: 'says covered: yes', at: 'cds.hook', alter: swap('covered', 'covered', 'yes') }],
  },
  {
    id: 'crd.coverage.pa-code',
    level: 'SHALL',
    text: 'pa-needed, when present, is no-auth, auth-needed, satisfied, performpa, conditional or (from 2.2) indeterminate.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const allowed = ['no-auth', 'auth-needed', 'satisfied', 'performpa', 'conditional', ...(mayFollow(evidence, '2.2.1') ? ['indeterminate'] : [])];
      return rule(allowed.includes(code(information, 'pa-needed') ?? 'no-auth'), information, `pa-needed: ${allowed.join(', ')}`, () =>
        shown(partOf(information, 'pa-needed')),
      );
    }),
    faults: [{ name: 'says pa-needed: required', at: 'cds.hook', alter: swap('pa-needed', 'auth-needed', 'required') }],
  },
  {
    id: 'crd.coverage.doc-needed-code',
    level: 'SHALL',
    text: 'doc-needed and doc-purpose use the codes of the claimed version.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const seen = partsOf(information, 'doc-needed').map(String);
      const first = isFirstCrd2(evidence);
      const allowed = first
        ? ['clinical', 'admin', 'both', 'conditional']
        : ['clinical', 'admin', 'patient', 'conditional', ...(mayFollow(evidence, '2.2.1') ? ['indeterminate'] : [])];
      const odd = seen.find((each) => !allowed.includes(each));
      if (odd !== undefined || (first && seen.length > 1)) return rule(false, information, `doc-needed: ${allowed.join(', ')}`, seen.join(', '));
      const why = partsOf(information, 'doc-purpose').find((each) => !purposes.includes(String(each)));
      return rule(why === undefined, information, `doc-purpose: ${purposes.join(', ')}`, String(why));
    }),
    faults: [
      { name: 'says doc-needed: yes', at: 'cds.hook', alter: swap('doc-needed', 'clinical', 'yes') },
      { name: 'says doc-purpose: prior-auth (F3.3)', at: 'cds.hook', alter: swap('doc-purpose', 'withpa', 'prior-auth') },
    ],
  },
  {
    id: 'crd.coverage.not-covered-no-pa',
    level: 'SHALL',
    text: 'pa-needed is absent when covered is not-covered.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const holds = code(information, 'covered') !== 'not-covered' || partsOf(information, 'pa-needed').length === 0;
      return (isFirstCrd2(evidence) ? softRule : rule)(holds, information, 'no pa-needed where covered is not-covered (crd-ci-q2)', () =>
        shown(partOf(information, 'pa-needed')),
      );
    }),
    faults: [
      {
        name: 'wants authorisation for what is not covered',
        at: 'cds.hook',
        alter: eachInformation((parts) =>
          parts.some((part) => part['valueCode'] === 'not-covered') ? [...parts, { url: 'pa-needed', valueCode: 'auth-needed' }] : parts,
        ),
      },
    ],
  },
  {
    id: 'crd.coverage.satisfied-id',
    level: 'SHALL',
    text: 'satisfied-pa-id is present exactly when pa-needed is satisfied.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information) => {
      const satisfied = code(information, 'pa-needed') === 'satisfied';
      const has = partsOf(information, 'satisfied-pa-id').length > 0;
      return rule(
        satisfied === has,
        information,
        'satisfied-pa-id exactly where pa-needed is satisfied (crd-ci-q5)',
        `pa-needed ${code(information, 'pa-needed') ?? 'absent'}, satisfied-pa-id ${has ? 'present' : 'absent'}`,
      );
    }),
    faults: [{ name: 'gives no number for a satisfied authorisation', at: 'cds.hook', alter: dropPart('satisfied-pa-id') }],
  },
  {
    id: 'crd.coverage.conditional-info',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'A conditional answer says what information is needed.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const conditional = ['covered', 'pa-needed', 'doc-needed'].some((part) => partsOf(information, part).includes('conditional'));
      const has = partsOf(information, 'info-needed').length > 0;
      if (isFirstCrd2(evidence))
        return rule(!has || conditional, information, 'info-needed only with a conditional answer', 'info-needed without one');
      return rule(!conditional || has, information, 'info-needed with every conditional answer', 'conditional without info-needed');
    }),
    faults: [{ name: 'does not say what a conditional answer waits for', at: 'cds.hook', alter: dropPart('info-needed') }],
  },
  {
    id: 'crd.coverage.questionnaire-doc',
    level: 'SHALL',
    text: 'questionnaire (2.0.1 also response) appears only with doc-needed.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information, evidence) => {
      const asks = partsOf(information, 'questionnaire').length > 0 || (isFirstCrd2(evidence) && partsOf(information, 'response').length > 0);
      return rule(
        !asks || partsOf(information, 'doc-needed').length > 0,
        information,
        'a questionnaire only with doc-needed (crd-ci-q1)',
        'questionnaire without doc-needed',
      );
    }),
    faults: [{ name: 'sends a questionnaire without doc-needed', at: 'cds.hook', alter: dropPart('doc-needed') }],
  },
  {
    id: 'crd.coverage.reason-needed',
    level: 'SHALL',
    lines: ['L2', 'L7'],
    text: 'reason is given when something is indeterminate, and (2.1+) when info-needed is OTH.',
    source: crd('StructureDefinition-ext-coverage-information.html', 'invariants crd-ci-q6, crd-ci-q9'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onInformation((information) => {
      const vague = ['covered', 'pa-needed', 'doc-needed'].some((part) => partsOf(information, part).includes('indeterminate'));
      const other = partsOf(information, 'info-needed').includes('OTH');
      return rule(
        !(vague || other) || partsOf(information, 'reason').length > 0,
        information,
        'a reason with every indeterminate answer or info-needed OTH (crd-ci-q9, q6)',
        'no reason',
      );
    }),
    faults: [
      {
        name: 'says OTH without a reason',
        at: 'cds.hook',
        alter: eachInformation((parts) =>
          parts
            .filter((part) => part['url'] !== 'reason' || !parts.some((each) => each['url'] === 'info-needed'))
            .map((part) => (part['url'] === 'info-needed' ? { ...part, valueCode: 'OTH' } : part)),
        ),
      },
    ],
  },
  {
    id: 'crd.coverage.secondary-hooks',
    level: 'SHALL',
    text: 'On order-select, encounter-start and encounter-discharge no clinical or admin documentation need is returned.',
    source: crd('hooks.html', 'hooks.html hook-19'),
    judge(evidence) {
      const all = informationIn(evidence).filter((each) => ['order-select', 'encounter-start', 'encounter-discharge'].includes(each.hook));
      if (all.length === 0) return notApplicable('no coverage information came on a secondary hook');
      const early = ['clinical', 'admin', ...(isFirstCrd2(evidence) ? ['both'] : [])];
      return worst(
        all.map((each) =>
          rule(
            !partsOf(each, 'doc-needed').some((need) => early.includes(String(need))),
            each,
            `no doc-needed ${early.join(' or ')} on ${each.hook}`,
            () => shown(partOf(each, 'doc-needed')),
          ),
        ),
      );
    },
    faults: [
      {
        name: 'asks for clinical documents when a visit starts',
        at: 'cds.hook',
        alter: eachInformation((parts, hook) => (hook === 'encounter-start' ? [...parts, { url: 'doc-needed', valueCode: 'clinical' }] : parts)),
      },
    ],
  },
  {
    id: 'crd.coverage.distinct-ids',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'Repetitions for different coverages have different coverage-assertion-ids and satisfied-pa-ids; those of one order for one coverage have the same.',
    source: crd('cards.html', 'cards.html resp-32'),
    judge(evidence) {
      const twice = informationIn(evidence).flatMap((each) => otherIds(each));
      if (twice.length > 0) return worst(twice);
      const [exchange] = select(evidence, { step: 'cds.hook', variant: 'order-sign:two-coverages' });
      if (!exchange?.response) return notReached(evidence, { step: 'cds.hook', variant: 'order-sign:two-coverages' });
      const ids = new Map<string, string>();
      const all = informationOf(exchange);
      if (new Set(all.map((each) => at(partOf(each, 'coverage'), 'reference'))).size < 2)
        return notApplicable('the service answered for one coverage only');
      for (const each of all) {
        const coverage = String(at(partOf(each, 'coverage'), 'reference'));
        for (const part of ['coverage-assertion-id', 'satisfied-pa-id']) {
          const id = code(each, part);
          if (id === undefined) continue;
          const other = ids.get(`${part} ${id}`);
          if (other !== undefined && other !== coverage)
            return rule(false, each, 'different ids for different coverages', `${part} ${id} for ${other} and ${coverage}`);
          ids.set(`${part} ${id}`, coverage);
        }
      }
      return pass;
    },
    faults: [
      {
        name: 'gives one order two assertion ids for one coverage (F3.4)',
        at: 'cds.hook',
        alter: eachAction((action) => ({ ...action, resource: saidTwice(asObject(action['resource'])) })),
      },
      {
        name: 'gives two coverages one assertion id',
        at: 'cds.hook',
        alter: json((body, request) =>
          request.body?.includes('ehr-coverage-2') && request.body.includes('"ehr-coverage"')
            ? (JSON.parse(JSON.stringify(body).replace(/"valueString":"A-[^"]+"/g, '"valueString":"A-1"')) as Json)
            : body,
        ),
      },
    ],
  },
  {
    id: 'crd.coverage.right-coverage',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: 'coverage refers to a Coverage instance of the client (from prefetch or query).',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    // Older editions do not say whose Coverage it is; one that the client does not have helps nobody.
    holds: [
      { ig: guides.crd, from: '2.1.0' },
      { ig: guides.crd, to: '2.0.1', level: 'FAST' },
    ],
    judge: onInformation((information, evidence) => {
      // Where its query was refused, the service cannot know the Coverage.
      if (code(information, 'covered') === 'indeterminate') return pass;
      const reference = asString(at(partOf(information, 'coverage'), 'reference')) ?? '';
      const relative = !/^https?:/.test(reference) || reference.startsWith(asString(at(bodyOf(information.exchange), 'fhirServer')) ?? ' ');
      const key = literalReference(reference) ?? '';
      const known = relative && key.startsWith('Coverage/') && ourResources(evidence).has(key);
      return (relative && !known ? readUnkept(evidence) : undefined) ?? rule(known, information, 'a Coverage of the client', reference);
    }),
    faults: [
      {
        name: 'refers to a Coverage of its own',
        at: 'cds.hook',
        alter: eachInformation((parts) =>
          parts.map((part) =>
            part['url'] === 'coverage' ? { ...part, valueReference: { reference: 'https://payer.example/fhir/Coverage/991' } } : part,
          ),
        ),
        alsoFails: { 'crd.coverage.distinct-ids': 'two coverages become one' },
      },
    ],
  },
]);
