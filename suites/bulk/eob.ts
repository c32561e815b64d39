import { askPatiently } from '../../src/client/bulk/patience.ts';
import { read, search } from '../../src/client/requests/fhir.ts';
import { asArray, asString, at, entriesOf, literalReference, publishedCoding } from '../../src/core/fhir.ts';
import type { ClaimKey, Json } from '../../src/core/model.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, probed } from '../asks.ts';
import { both, declaresType, knowsMember, when } from '../forecast.ts';
import { theMember } from '../lessons.ts';

const named = ['_id', '_lastUpdated', 'type', 'identifier', 'service-date', 'service-start-date', 'billable-period-start'] as const;
const forms = ['patient', ...named, 'combination', 'include', 'include-all', 'coverage'] as const;

/** Claims of one member by search and read: what CARIN Blue Button wants beside the export. */
export const claimsSearch: Suite = {
  id: 'claims.search',
  title: 'Search and read the claims of one member',
  scenarios: ['S1', 'S6'],
  needs: ['token'],
  after: [theMember],
  asks: [
    asked('search', ...forms.map((each) => `claims/${each}` as const)),
    probed('search', 'claims.no-token'),
    asked('read', 'claims/eob', 'claims/coverage', 'claims/patient'),
  ],
  requests: when(both(knowsMember, declaresType('ExplanationOfBenefit')), 16),
  async drive(provider) {
    const { known, target } = provider;
    const patient = target.members.known?.patientId ?? known.patientId ?? asString(known.notes['bulk.member']);
    if (patient === undefined || known.base === undefined) return;
    const base = known.base;
    const type = 'ExplanationOfBenefit';
    const ask = (variant: ClaimKey, parameters: Readonly<Record<string, string>>, of = type) =>
      askPatiently(provider, 'search', search(base, of, parameters), { variant: `claims/${variant}` });
    const all = await ask('patient', { patient });
    await askPatiently(provider, 'search', { ...search(base, type, { patient }), token: 'none' }, { probe: 'claims.no-token' });
    const claim = entriesOf(all.json).find((entry) => entry.resource?.resourceType === type && entry.resource['use'] === 'claim')?.resource;
    const id = asString(claim?.['id']);
    if (claim === undefined || id === undefined) return;
    const text = (...path: readonly (string | number)[]): string | undefined => asString(at(claim, ...path));
    const token = (value: Json | undefined): string | undefined => {
      const [system, code] = [asString(at(value, 'system')), asString(at(value, 'code')) ?? asString(at(value, 'value'))];
      return code === undefined ? undefined : `${system ?? ''}|${code}`;
    };
    const day = text('billablePeriod', 'start')?.slice(0, 10);
    const wanted: Readonly<Record<(typeof named)[number], string | undefined>> = {
      _id: id,
      _lastUpdated: text('meta', 'lastUpdated') === undefined ? undefined : `ge${text('meta', 'lastUpdated')?.slice(0, 10)}`,
      type: token(publishedCoding(claim['type'])),
      identifier: token(at(claim, 'identifier', 0)),
      'service-date': day,
      'service-start-date': day,
      'billable-period-start': day,
    };
    for (const name of named) if (wanted[name] !== undefined) await ask(name, { [name]: wanted[name] });
    const kind = wanted.type;
    // A date that the claim at hand fits, so that something is expected.
    if (kind !== undefined && day !== undefined) await ask('combination', { patient, type: kind, 'service-date': `ge${day}` });
    await ask('include', { _id: id, _include: `${type}:patient` });
    await ask('include-all', { _id: id, _include: `${type}:*` });
    await askPatiently(provider, 'read', read(base, type, id), { variant: 'claims/eob' });
    const coverage = asArray(claim['insurance'])
      .map((each) => literalReference(at(each, 'coverage', 'reference')))
      .find((each) => each?.startsWith('Coverage/'));
    const coverageId = coverage?.split('/')[1];
    if (coverageId !== undefined) {
      await askPatiently(provider, 'read', read(base, 'Coverage', coverageId), { variant: 'claims/coverage' });
      await ask('coverage', { _id: coverageId }, 'Coverage');
    }
    await askPatiently(provider, 'read', read(base, 'Patient', patient), { variant: 'claims/patient' });
  },
};
