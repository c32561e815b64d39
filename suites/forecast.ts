import { hasOperation, resourceEntry } from '../src/core/capability.ts';
import { asArray, at, isResource, type Resource } from '../src/core/fhir.ts';
import type { Target } from '../src/core/model.ts';
import type { Forecast, Ground } from '../src/run/suite.ts';

/** How many requests a suite will make, from the target file and, once it is read, the CapabilityStatement. Polls of jobs that take their time come on top. */

type Condition = (ground: Ground) => boolean;

/** So many where the condition holds, else `less`. */
export const when =
  (condition: Condition, many: number | Forecast, less = 0): Forecast =>
  (ground) =>
    condition(ground) ? (typeof many === 'number' ? many : many(ground)) : less;

export const both =
  (...conditions: readonly Condition[]): Condition =>
  (ground) =>
    conditions.every((each) => each(ground));

const statement = ({ capability }: Ground): Resource | undefined => (isResource(capability, 'CapabilityStatement') ? capability : undefined);

/** Declared, or not known yet. */
export const declaresOperation =
  (type: string, ...names: readonly string[]): Condition =>
  (ground) => {
    const read = statement(ground);
    return read === undefined || names.some((name) => hasOperation(read, type, name));
  };
export const declaresType =
  (type: string): Condition =>
  (ground) => {
    const read = statement(ground);
    return read === undefined || resourceEntry(read, type) !== undefined;
  };
/** The payer says that this may be done with the type, or nothing is known yet. */
export const declaresInteraction =
  (type: string, code: string): Condition =>
  (ground) => {
    const read = statement(ground);
    return read === undefined || asArray(at(resourceEntry(read, type), 'interaction')).some((each) => at(each, 'code') === code);
  };
/** How many of these are declared; all while nothing is known. */
export const declaredAmong = (ground: Ground, types: readonly string[]): number => types.filter((type) => declaresType(type)(ground)).length;

export const inTarget =
  (has: (target: Target) => unknown): Condition =>
  ({ target }) =>
    Boolean(has(target));

export const knowsMember = inTarget(({ members }) => members.known);
export const signsSmart = inTarget(({ auth }) => auth.kind === 'smart-backend' || auth.kind === 'client-secret');
export const registersUdap = inTarget(({ udap, allow }) => udap?.client && allow?.registration === true && udap.clientId === undefined);
export const hasUdapClient = inTarget(({ udap, allow }) => udap?.client && (allow?.registration === true || udap.clientId !== undefined));
export const hasCds = inTarget(({ cds, wellKnown }) => cds?.base ?? wellKnown);
/** A Group to export: named, to be found by NPI or TIN, or among those that the payer serves. */
export const hasGroup: Condition = (ground) => ground.target.bulk !== undefined && declaresType('Group')(ground);
export const exportsGroup: Condition = both(
  inTarget(({ bulk }) => bulk),
  declaresOperation('Group', 'export', 'davinci-data-export'),
);
export const exportsDavinci: Condition = both(
  inTarget(({ bulk }) => bulk),
  declaresOperation('Group', 'davinci-data-export'),
);
