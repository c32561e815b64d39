import type { Shape } from '../../mocks/shapes/index.ts';
import type { Tried } from './bench.ts';

/** Something a verdict should not have said. */
export interface Alarm {
  readonly shape: string;
  readonly requirement: string;
  /** Absent: the honest payer was accused. */
  readonly fault?: string;
  readonly words: string;
}

/** Alarms that are known and still to be corrected: requirements at honest payers, and faults that pass, each with its shapes. */
export interface Known {
  readonly honest: Readonly<Record<string, readonly string[]>>;
  readonly faults: Readonly<Record<string, readonly string[]>>;
}

/** A fail or warning of the honest payer that its shape has not earned, a fault that passes, a fault that breaks the judge; and an earned warning that is missing. */
export function alarmsOf(tried: readonly Tried[], shapes: readonly Shape[]): readonly Alarm[] {
  return tried.flatMap(({ shape, found, faults }) => {
    const { earns = {} } = shapes.find(({ id }) => id === shape) ?? {};
    const honest = found.flatMap(({ requirement, finding }): readonly Alarm[] => {
      const failed = finding.outcome === 'fail';
      if (requirement in earns)
        return failed ? [] : [{ shape, requirement, words: `earns a warning (${earns[requirement]}), but is ${finding.outcome}` }];
      if (failed) return [{ shape, requirement, words: `${finding.severity ?? 'fail'}: expected ${finding.expected}; saw ${finding.actual}` }];
      return finding.outcome === 'not-testable' && / crashed: /.test(finding.reason) ? [{ shape, requirement, words: finding.reason }] : [];
    });
    const injected = faults.flatMap(({ fault, fate, why }): readonly Alarm[] =>
      fate === 'passed' || fate === 'broken' ? [{ shape, fault, requirement: fault.split('/')[0] ?? '', words: why ?? fate }] : [],
    );
    return [...honest, ...injected];
  });
}

const isListed = (known: Known, { fault, requirement, shape }: Alarm): boolean =>
  (fault === undefined ? known.honest[requirement] : known.faults[fault])?.includes(shape) === true;

/** Alarms that the list does not know, and entries of it that this run tried without hearing them. */
export function compare(
  alarms: readonly Alarm[],
  known: Known,
  tried: readonly Tried[],
): { readonly fresh: readonly Alarm[]; readonly gone: readonly string[] } {
  const heard = new Set(alarms.map(keyOf));
  const entries = [
    ...Object.entries(known.honest).flatMap(([requirement, shapes]) => shapes.map((shape) => ({ shape, requirement, words: '' }))),
    ...Object.entries(known.faults).flatMap(([fault, shapes]) => shapes.map((shape) => ({ shape, fault, requirement: '', words: '' }))),
  ];
  return {
    fresh: alarms.filter((alarm) => !isListed(known, alarm)),
    gone: entries.filter((each) => wasTried(each, tried) && !heard.has(keyOf(each))).map(keyOf),
  };
}

const keyOf = ({ shape, fault, requirement }: Alarm): string => `${fault ?? requirement} in ${shape}`;

const wasTried = ({ shape, fault }: Alarm, tried: readonly Tried[]): boolean =>
  tried.some((each) => each.shape === shape && (fault === undefined || each.faults.some((injection) => injection.fault === fault)));

/** The list as it should be after this run: what was not tried stays. */
export function knownFrom(alarms: readonly Alarm[], before: Known, tried: readonly Tried[]): Known {
  const stays: Alarm[] = [
    ...Object.entries(before.honest).flatMap(([requirement, shapes]) => shapes.map((shape) => ({ shape, requirement, words: '' }))),
    ...Object.entries(before.faults).flatMap(([fault, shapes]) => shapes.map((shape) => ({ shape, fault, requirement: '', words: '' }))),
  ].filter((each) => !wasTried(each, tried));
  const all = [...stays, ...alarms];
  const group = (part: readonly Alarm[], name: (alarm: Alarm) => string) =>
    Object.fromEntries(
      [...new Set(part.map(name))]
        .sort()
        .map((each) => [each, [...new Set(part.filter((alarm) => name(alarm) === each).map(({ shape }) => shape))].sort()]),
    );
  return {
    honest: group(
      all.filter((each) => each.fault === undefined),
      (each) => each.requirement,
    ),
    faults: group(
      all.filter((each) => each.fault !== undefined),
      (each) => each.fault ?? '',
    ),
  };
}
