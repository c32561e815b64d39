import { searchByPost } from '../../src/client/requests/fhir.ts';
import { resourceEntry } from '../../src/core/capability.ts';
import { asObject, isResource } from '../../src/core/fhir.ts';
import { select, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Finding, Probe, WireResponse } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { withBody } from '../alter.ts';
import { group } from '../group.ts';
import { pdex22 } from '../sources.ts';
import { aboutForeign, foreignNamed, foreignObservation, frame, hides, ofForeign, onProbes } from './authz.ts';

const searchForeign: Probe = { ...frame('search-foreign', 'search'), request: (known) => ofForeign(known, (id) => `Observation?patient=${id}`) };

/** One type may have been forgotten where who may see whom was written down; or one way of asking. */
const otherTypes = [
  'Condition',
  'Encounter',
  'MedicationRequest',
  'Procedure',
  'Immunization',
  'DiagnosticReport',
  'Coverage',
  'ExplanationOfBenefit',
] as const;
const searchOtherTypes: readonly Probe[] = otherTypes.map((type) => ({
  ...frame(`search-foreign-${type}`, 'search'),
  request: (known) =>
    (isResource(known.capability) ? resourceEntry(known.capability, type) : undefined) === undefined
      ? `metadata does not list ${type}`
      : ofForeign(known, (id) => `${type}?patient=${id}`),
}));
const postForeign: Probe = {
  ...frame('post-foreign', 'search'),
  request: (known) => {
    const id = known.target.members.notAttributed?.patientId;
    if (id === undefined || known.base === undefined) return 'the target file names no members.notAttributed with a patientId';
    return searchByPost(known.base, 'Condition', { patient: id });
  },
};
const furtherForeign: readonly Probe[] = [...searchOtherTypes, postForeign];

/** These only accuse: that nothing came may be because the payer holds none of the type. */
const leaksOfFurther = (evidence: Evidence): readonly Finding[] =>
  furtherForeign.flatMap(({ id }) =>
    select(evidence, { step: 'search', probe: id }).flatMap((exchange) =>
      aboutForeign(exchange, evidence).length > 0 ? [hides(exchange, evidence)] : [],
    ),
  );

/** A form that finds nobody finds somebody after all. */
function whoeverIsAsked(response: WireResponse, form: string): WireResponse {
  const id = /(?:^|&)patient=([^&]+)/.exec(form)?.[1];
  if (id === undefined || response.status !== 200) return response;
  return withBody(response, (body) =>
    body['entry'] === undefined
      ? { ...body, entry: [{ resource: { ...asObject(foreignObservation), subject: { reference: `Patient/${id}` } }, search: { mode: 'match' } }] }
      : body,
  );
}

/** Searches for those who are not our patients, type by type. */
export const foreignSearchChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L4'], applies: foreignNamed }, [
  {
    id: 'id.authz.search',
    level: 'SHALL',
    text: 'A search for a member whom the requester may not see finds nothing.',
    source: pdex22('payertopayerexchange.html'),
    holds: [{ ig: guides.pdex }, { ig: guides.hrex }],
    probes: [searchForeign, ...furtherForeign],
    judge: (evidence) => worst([...leaksOfFurther(evidence), onProbes([searchForeign], hides)(evidence)]),
    faults: [
      { name: 'finds the immunizations of a foreign member (F3.21)', at: ['read', 'search'], behaviour: 'finds-foreign-immunizations' },
      {
        name: 'finds the conditions of a foreign member by POST (F3.22)',
        at: 'search',
        alter: (response, request) => (request.method === 'POST' ? whoeverIsAsked(response, request.body ?? '') : response),
      },
      { name: 'finds the observations of a foreign member', at: ['read', 'search'], behaviour: 'finds-foreign-observations' },
    ],
  },
]);
