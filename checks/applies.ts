import { boundByGuides } from '../src/core/binding.ts';
import { capabilityOf, hasOperation, resourceEntry } from '../src/core/capability.ts';
import { asArray, asString, at, type Resource } from '../src/core/fhir.ts';
import { notAsked } from '../src/core/findings.ts';
import type { Guide } from '../src/core/guides.ts';
import type { Bound, Evidence } from '../src/core/model.ts';

/** Which payers a row binds: what they claim and declare, read from their CapabilityStatement and the target file. */

export type Applies = (evidence: Evidence) => Bound;

/** Of a row that differs from its group: no condition of its own. */
export const always: Applies = () => true;

/** All must hold. A reason why not outweighs what was not asked, and that outweighs an unknown. */
export const allOf =
  (...conditions: readonly Applies[]): Applies =>
  (evidence) => {
    let unknown: Exclude<Bound, string> = true;
    for (const condition of conditions) {
      const bound = condition(evidence);
      if (typeof bound === 'string') return bound;
      if (bound !== true && !(unknown !== true && 'open' in unknown)) unknown = bound;
    }
    return unknown;
  };

/** One is enough. */
export const anyOf =
  (...conditions: readonly Applies[]): Applies =>
  (evidence) => {
    const bounds = conditions.map((condition) => condition(evidence));
    return bounds.find((bound) => bound === true) ?? bounds.find((bound) => typeof bound !== 'string') ?? bounds.join(' ');
  };

/** Follows the guide, from this edition to that (both included). For conditions inside a rule: what a row as a whole rests on is said by its `holds`. */
export const follows =
  (ig: Guide, from?: string, to?: string): Applies =>
  (evidence) =>
    boundByGuides([{ ig, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }], evidence).bound;

const noStatement = { unknown: 'no CapabilityStatement was read, so it is not known what the payer declares' };

/** Makes a condition on the CapabilityStatement; unknown when none was read. */
const declared =
  (holds: (capability: Resource) => boolean, whyNot: string): Applies =>
  (evidence) => {
    const capability = capabilityOf(evidence);
    if (!capability) return noStatement;
    return holds(capability) || whyNot;
  };

/** `instantiates` the US Core server: it claims the interactions, not the profiles alone. */
export const followsUsCoreServer: Applies = declared(
  (capability) =>
    asArray(at(capability, 'instantiates')).some((each) => /\/us\/core\/CapabilityStatement\/us-core-server(\||$)/.test(asString(each) ?? '')),
  'The payer does not instantiate the US Core server CapabilityStatement.',
);

/** The CapabilityStatement lists the type. */
export const declaresType = (type: string): Applies =>
  declared((capability) => resourceEntry(capability, type) !== undefined, `The payer does not declare ${type}.`);

/** Interaction codes as in CapabilityStatement.rest.resource.interaction: read, vread, search-type, ... */
export const declaresInteraction = (type: string, code: string): Applies =>
  declared(
    (capability) => asArray(resourceEntry(capability, type)?.['interaction']).some((each) => at(each, 'code') === code),
    `The payer does not declare ${code} on ${type}.`,
  );

/** The CapabilityStatement lists all of these search parameters for the type, which can be searched at all. */
export const declaresSearchParam = (type: string, ...names: readonly string[]): Applies =>
  allOf(
    declaresInteraction(type, 'search-type'),
    declared(
      (capability) => names.every((name) => asArray(resourceEntry(capability, type)?.['searchParam']).some((each) => at(each, 'name') === name)),
      `The payer does not declare the search parameter${names.length > 1 ? 's' : ''} ${names.join(', ')} on ${type}.`,
    ),
  );

/** Searches by these parameters are owed (US Core's server) or declared: elsewhere a server may pass over them, and what it then finds is no answer to them. */
export const owesSearch =
  (type: string, ...names: readonly string[]) =>
  (evidence: Evidence): boolean =>
    typeof anyOf(followsUsCoreServer, declaresSearchParam(type, ...names))(evidence) !== 'string';

/** The CapabilityStatement lists this operation; `type` undefined = on the whole system. */
export const declaresOperation = (type: string | undefined, name: string): Applies =>
  declared((capability) => hasOperation(capability, type, name), `The payer does not declare the operation $${name.replace(/^\$/, '')}.`);

/** A statement of the operator's that no answer can show: true binds, anything else does not, and silence is not asked. */
export const stated = (
  { statements }: Evidence['target'],
  name: keyof NonNullable<Evidence['target']['statements']> & string,
  what: string,
): Bound =>
  statements?.[name] === undefined
    ? notAsked(`statements["${name}"]`, what)
    : statements[name] === true || `The target file says no to statements["${name}"].`;

/** Without any agreement nobody was asked for limits; one that is there speaks for what it leaves out as well. */
export const notAgreed = ({ agreement }: Evidence['target'], entry: string): Bound =>
  agreement?.limits === undefined
    ? notAsked('agreement.limits', 'the limits agreed with the payer; until then the figures are information only')
    : `The agreement names no limit here (${entry}); the figures are information only.`;
