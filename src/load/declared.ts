import { capabilityOf, hasOperation, resourceEntry } from '../core/capability.ts';
import { asArray, asString, at, jsonOf, type Resource } from '../core/fhir.ts';
import type { Evidence, Exchange, Step } from '../core/model.ts';
import { type Offer, offers } from './journeys.ts';

/** What a payer declares of all that journeys ask for. */

type Declares = (capability: Resource) => boolean;

const operation =
  (type: string, ...names: readonly string[]): Declares =>
  (capability) =>
    names.some((name) => hasOperation(capability, type, name));

/** A resource whose entry lists no interactions says nothing about them. */
const interaction =
  (type: string, code: string): Declares =>
  (capability) => {
    const entry = resourceEntry(capability, type);
    const listed = asArray(entry?.['interaction']);
    return entry !== undefined && (listed.length === 0 || listed.some((each) => at(each, 'code') === code));
  };

/** By the CapabilityStatement, or by a request of the run that was answered: some payers serve more than they declare, as the target file may say. */
const declared: Readonly<Record<Exclude<Offer, 'order-select' | 'order-sign'>, readonly [Declares, Step]>> = {
  '$member-match': [operation('Patient', 'member-match'), 'member-match'],
  'read Patient': [interaction('Patient', 'read'), 'read'],
  'search Coverage': [interaction('Coverage', 'search-type'), 'search'],
  'search Condition': [interaction('Condition', 'search-type'), 'search'],
  'search ExplanationOfBenefit': [interaction('ExplanationOfBenefit', 'search-type'), 'search'],
  'search Observation': [interaction('Observation', 'search-type'), 'search'],
  $everything: [operation('Patient', 'everything'), 'everything'],
  $docref: [operation('DocumentReference', 'docref'), 'docref'],
  '$care-gaps': [operation('Measure', 'care-gaps'), 'care-gaps'],
  'read Group': [interaction('Group', 'read'), 'group.read'],
  'export of a Group': [operation('Group', 'export'), 'bulk.kickoff'],
};

/** Steps that stand for one operation; a read or a search that was answered may have been of any type. */
const onlyOne: readonly Step[] = ['member-match', 'everything', 'docref', 'care-gaps', 'group.read', 'bulk.kickoff'];

/** What may be asked under load. Where no CapabilityStatement is known, everything: what is refused without load is left out then. */
export function declaredBy(evidence: Evidence): readonly Offer[] {
  const capability = capabilityOf(evidence);
  const answered = new Set(evidence.exchanges.filter(isAnswered).map(({ step }) => step));
  const hooks = hooksOf(evidence);
  return offers.filter((offer) => {
    if (offer === 'order-select' || offer === 'order-sign') return hooks === undefined || hooks.includes(offer);
    const [declares, step] = declared[offer];
    return capability === undefined || declares(capability) || (onlyOne.includes(step) && answered.has(step));
  });
}

const isAnswered = ({ probe, response }: Exchange): boolean =>
  probe === undefined && response !== null && response.status >= 200 && response.status < 300;

/** Hooks of the list of services; undefined where none was read. */
function hooksOf({ exchanges }: Evidence): readonly (string | undefined)[] | undefined {
  const list = exchanges.find((each) => each.step === 'cds.discovery' && isAnswered(each));
  return list && asArray(at(jsonOf(list.response), 'services')).map((each) => asString(at(each, 'hook')));
}
