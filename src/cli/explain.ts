import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { checks, excluded } from '../../checks/index.ts';
import { faults, type Injection, legalVariations } from '../../checks/injections.ts';
import type { Check, Holds, Json } from '../core/model.ts';
import { root } from '../package/tool.ts';
import { explainProperty } from '../target/explain.ts';
import { propertiesOf } from '../target/reference.ts';
import { newNameOf } from '../target/renamed.ts';

/** What `payer-assay explain NAME` prints. Throws, naming the nearest name there is, when nothing is called so. */
export function explain(name: string): string {
  if (name === 'target' || name.startsWith('target.')) return explainTarget(name.slice('target.'.length));
  const check = checks.find((each) => each.id === name);
  if (check) return explainCheck(check);
  const row = excluded.find((each) => each.id === name);
  if (row) return `${row.id} (${row.level}, not judged)\n\n${row.text}\n\nWhy it is not judged: ${row.reason}`;
  const injection = [...faults, ...legalVariations].find((each) => each.id === name);
  if (injection) return explainInjection(injection);
  const names = [...checks, ...excluded, ...faults, ...legalVariations].map(({ id }) => id);
  throw new Error(`Nothing is called "${name}". Did you mean ${closest(name, names)}? \`payer-assay list requirements\` shows all.`);
}

function explainTarget(path: string): string {
  const schema = JSON.parse(readFileSync(join(root, 'schemas', 'target.schema.json'), 'utf8')) as Json;
  const all = propertiesOf(schema);
  if (path === '')
    return `The target file has these parts:\n${all.flatMap((each) => (/[.[]/.test(each.path) ? [] : [`  target.${each.path}`])).join('\n')}`;
  const found = explainProperty(schema, path);
  if (found !== undefined) return found;
  const now = newNameOf(path);
  if (now !== undefined) return `"${path}" is now called "${now}"; the old name is read for one more version.\n\n${explainTarget(now)}`;
  const nearest = closest(
    path,
    all.map((each) => each.path),
  );
  throw new Error(`The target file has no property "${path}". Did you mean target.${nearest}? docs/target.md lists all.`);
}

/** A requirement as people read it: the sentence, where it is from, whom it binds, how it is proven. */
export function explainCheck({ id, level, text, source, holds = [], scenarios, lines, faults: proofs, probes = [], applies }: Check): string {
  const version = source.version === '' ? '' : ` ${source.version}`;
  const parts = [
    `${id} (${level})`,
    '',
    text,
    '',
    `Source: ${source.ig}${version}, ${source.section}${source.url === '' ? '' : `\n        ${source.url}`}`,
    `Scenarios: ${scenarios.join(', ')}. Scorecard lines: ${lines.join(', ')}.`,
    holds.length === 0 ? undefined : `Binds payers that follow ${holds.map(edition).join(', or ')}.`,
    applies === undefined
      ? undefined
      : 'It also depends on what the payer declares or the target file says: the report gives the reason where it does not apply.',
    probes.length === 0 ? undefined : `Deliberately wrong requests: ${probes.map((probe) => probe.id).join(', ')}.`,
    `Proven to be able to fail by: ${proofs.map((fault) => fault.name).join('; ')}.`,
    `Inject one: payer-assay mock --fault ${faults.find((each) => each.requirement === id)?.id ?? id}`,
  ];
  return parts.filter((part) => part !== undefined).join('\n');
}

const edition = ({ ig, from, to, level }: Holds): string =>
  `${ig.name}${from === undefined ? '' : ` from ${from} on`}${to === undefined ? '' : ` up to ${to}`}${level === undefined ? '' : ` (there ${level})`}`;

function explainInjection({ id, requirement, fault }: Injection): string {
  const also = Object.entries(fault.alsoFails ?? {}).map(([other, why]) => `Also turns ${other} to fail: ${why}.`);
  return [
    `${id}`,
    '',
    `The embedded payer ${fault.name} (at ${[fault.at].flat().join(', ')}).`,
    requirement === undefined ? 'This is allowed: nothing may fail.' : `Exactly ${requirement} must turn to fail.`,
    ...also,
    `Inject it: payer-assay mock --fault ${id}`,
  ].join('\n');
}
