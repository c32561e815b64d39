import type { ClientRow } from '../../src/core/client-row.ts';
import { entriesOf, jsonOf, at as path } from '../../src/core/fhir.ts';
import { check, notTestable, pass, worst } from '../../src/core/findings.ts';
import { came, left } from '../../src/core/heard.ts';
import type { Exchange, Finding } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { useCase } from '../sources.ts';
import { at, attested, none, onCase, onEvery, pathOf } from './marks.ts';

const shared = { level: 'FAST', lines: ['L1'], scenarios: allScenarios, source: useCase('Requirement line L1 discovery') } as const;
const lookUp = at('directory.endpoint', 'directory.organization');
const endpoints = at('directory.endpoint');
/** Anything that is asked of a payer. */
const ofPayer = (each: Exchange): boolean => !lookUp(each) && each.facts?.['heard.listener'] !== 'caller';
const foreign = (each: Exchange): boolean => each.facts?.['heard.listener'] === 'canary';
/** Something was asked at the payer itself: who asks nothing has chosen nothing. */
const went = (after: readonly Exchange[]): Finding =>
  after.some((each) => ofPayer(each) && !foreign(each)) ? pass : notTestable('Nothing was asked at the payer after the look-up.', 'not-offered');
const listed = (each: Exchange, found: (resource: unknown) => boolean): boolean =>
  entriesOf(jsonOf(each.response)).some(({ resource }) => found(resource));

export const discoveryRows: readonly ClientRow[] = [
  {
    ...shared,
    id: 'client.discovery.not-hardcoded',
    text: 'The address of the payer comes from the directory, and is looked up again.',
    cases: ['D1f'],
    judge: onCase(
      ['D1f'],
      (each) => endpoints(each) && /\/two\/fhir/.test(each.response?.body ?? ''),
      ({ after, seen }) => {
        const asks = after.filter((each) => ofPayer(each) && /^\/[^/]+\/(two\/)?fhir\//.test(pathOf(each)));
        const old = asks.filter((each) => !/^\/[^/]+\/two\//.test(pathOf(each)));
        if (asks.length === 0) return notTestable('Case D1f: nothing was asked after the second look-up.', 'not-offered');
        return worst([none(old, 'request at the old address'), check(asks.length > old.length, seen, 'requests at the new address', 'none')]);
      },
    ),
    faults: [{ name: 'stays at the address that it knew', behaves: 'stays-at-the-old-address' }],
  },
  {
    ...shared,
    id: 'client.discovery.inactive-endpoint',
    text: 'Addresses that are off or whose period is over are not used.',
    cases: ['D2'],
    judge: onCase(
      ['D2'],
      (each) =>
        endpoints(each) &&
        listed(each, (resource) => path(resource as never, 'status') === 'off' || path(resource as never, 'period', 'end') !== undefined),
      ({ after }) => worst([none(after.filter(foreign), 'request at an address that is off or over'), went(after)]),
    ),
    faults: [{ name: 'takes the first address', behaves: 'takes-the-first-address' }],
  },
  {
    ...shared,
    id: 'client.discovery.purpose-endpoint',
    text: 'Each request goes to the address of its kind.',
    cases: ['D3'],
    judge: onCase(['D3'], endpoints, ({ after }) =>
      worst([
        none(
          after.filter((each) => foreign(each) && !/\/hooks\/cds-services\b/.test(pathOf(each))),
          'FHIR request at an address for mail, X12 or CDS Hooks',
        ),
        went(after),
      ]),
    ),
    faults: [{ name: 'asks the first address whatever it is for', behaves: 'takes-any-connection' }],
  },
  {
    ...shared,
    id: 'client.discovery.unknown-payer',
    text: 'A payer that is not found, or not for certain, is not asked.',
    lines: ['L1', 'L7'],
    cases: ['D4a', 'D4b'],
    judge: onCase(
      ['D4a', 'D4b'],
      at('directory.organization'),
      (scene) =>
        attested(
          scene,
          none(
            scene.heard.filter((each) => ofPayer(each) && came(each) >= left(scene.seen)),
            'request at any payer',
          ),
          (shown) => shown.length > 0,
        ),
      { silence: true },
    ),
    faults: [{ name: 'asks the payer that it used last', behaves: 'asks-the-last-payer' }],
  },
  {
    ...shared,
    id: 'client.discovery.no-member-data',
    text: 'Look-ups in the directory say nothing about a member.',
    source: useCase('Requirement line L4 identity'),
    lines: ['L4'],
    cases: ['D2'],
    anywhere: true,
    judge: onEvery('look-up in the directory', lookUp, (each) => {
      const names = each.facts?.['heard.names'] ?? [];
      return check(
        names.length === 0,
        each,
        'no data of a member',
        `${names.join(' and ')} in ${each.request.method} ${pathOf(each).split('?')[0] ?? ''}`,
      );
    }),
    faults: [{ name: 'looks the payer up by the number of the member', behaves: 'looks-up-by-member' }],
  },
];
