import { InvalidArgumentError } from 'commander';
import { type FormatName, formatNames } from '../../reports/formats.ts';
import { type Bounds, defaultBounds } from '../core/bounds.ts';
import { type FailOn, failOns } from '../core/changed.ts';
import type { Scenario } from '../core/model.ts';
import { scenarios } from '../core/vocabulary.ts';

/** Parsers of option values; commander prints what they throw with the option's name. */

export function scenarioList(text: string): readonly Scenario[] {
  const names = text.split(',').map((each) => each.trim().toUpperCase());
  const wrong = names.filter((name) => !scenarios.some((each) => each === name));
  if (wrong.length > 0) throw new InvalidArgumentError(`${wrong.join(', ')} is not a scenario. Known: ${scenarios.join(', ')}.`);
  return scenarios.filter((each) => names.includes(each));
}

export function formatList(text: string): readonly FormatName[] {
  const names = list(text);
  if (names.includes('all')) return formatNames;
  const wrong = names.filter((name) => !formatNames.some((each) => each === name));
  if (wrong.length > 0) throw new InvalidArgumentError(`${wrong.join(', ')} is not a format. Known: ${formatNames.join(', ')}, all.`);
  return formatNames.filter((each) => names.includes(each));
}

export function failOn(text: string): FailOn {
  const found = failOns.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`Expected one of ${failOns.join(', ')}.`);
  return found;
}

/** Words for `--fail-on`, said by each command that has it. */
export const failOnHelp =
  'what makes the exit code other than 0: fail (not what could not be tested), new (only what the baseline does not have), warning (warnings too), never';

export const list = (text: string): readonly string[] => text.split(',').map((each) => each.trim());

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** More than 0, at most 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Expected a share above 0 and up to 1, e.g. 0.1.');
  return value;
}

/** `2/3`: the second of three. */
export function part(text: string): { readonly nth: number; readonly of: number } {
  const [, nth, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (nth === undefined || of === undefined || nth < 1 || nth > of || of > 100)
    throw new InvalidArgumentError('Expected e.g. 2/3: the second of three parts.');
  return { nth, of };
}

/** `0/8`: the first of eight shards, counted from 0 as a Kubernetes Indexed Job does. */
export function shard(text: string): { readonly index: number; readonly of: number } {
  const [, index, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index === undefined || of === undefined || index >= of || of > 1000)
    throw new InvalidArgumentError('Expected e.g. 0/8: the first of eight shards, counted from 0.');
  return { index, of };
}

/** `NAME=NUMBER`, once or more: one bound of the run. */
export function limit(text: string, before: Partial<Bounds> = {}): Partial<Bounds> {
  const [name = '', value = ''] = text.split('=');
  if (!Object.hasOwn(defaultBounds, name) || !(Number(value) > 0))
    throw new InvalidArgumentError(`Expected NAME=NUMBER, e.g. evidenceMB=32. Known: ${Object.keys(defaultBounds).join(', ')}.`);
  return { ...before, [name]: Number(value) };
}

/** A nonce that every HTTP header and file can carry. */
export function nonce(text: string): string {
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(text))
    throw new InvalidArgumentError('Expected 8 to 64 letters, digits, - or _, e.g. what `openssl rand -hex 16` prints.');
  return text;
}
