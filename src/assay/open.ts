import { gunzipSync } from 'node:zlib';
import type { PlanGrade } from '../plan/grade.ts';
import type { Resolved } from '../plan/types.ts';
import { formatText, type MemberName, memberNames } from './build.ts';
import { sha256 } from './digest.ts';
import type { Inputs } from './inputs.ts';
import { isSignature } from './sign.ts';
import { predicateType, type Statement } from './statement.ts';
import { Damage, type Member, unpack } from './zip.ts';

/** A package that is as it was made: every member is there, in its order, with the digest that the statement names. */
export interface Opened {
  readonly members: readonly Member[];
  readonly statementBytes: Uint8Array;
  readonly statement: Statement;
  readonly resolved: Resolved;
  readonly grade: PlanGrade;
  readonly inputs: Inputs;
  readonly runText: string;
}

/** A run.json is not larger than this, bytes: what inflates to more is no run of ours. */
const largest = 2 ** 30;

/** Throws `Damage` with member and byte, or part of the zip; an Error for a package of a newer format. */
export function openAssay(bytes: Uint8Array): Opened {
  const members = unpack(bytes);
  const [first] = members;
  const said = first?.name === 'format' ? Buffer.from(first.bytes).toString('utf8') : '';
  if (said !== formatText) {
    const [, newer] = /^payer-assay package (\d+)\n$/.exec(said) ?? [];
    if (newer !== undefined)
      throw new Error(`The package is of format ${newer}, and this version of payer-assay reads format 1. Verify it with a newer payer-assay.`);
    throw new Damage('member format', 'it does not say "payer-assay package 1": this zip is no package of payer-assay');
  }
  const own = members.filter((each) => !isSignature(each)).map(({ name }) => name);
  const wrong = own.find((name, nth) => name !== memberNames[nth]) ?? memberNames[own.length];
  if (wrong !== undefined)
    throw new Damage(`member ${wrong}`, `it is missing, or stands where it does not belong. Expected ${memberNames.join(', ')}, then signatures`);
  const last = members.slice(own.length);
  if (!last.every(isSignature) || last.some(({ name }, nth) => nth > 0 && name <= (last[nth - 1]?.name ?? '')))
    throw new Damage(`member ${last[0]?.name ?? ''}`, 'signatures stand behind all others, in the order of their names');
  const get = (name: MemberName): Uint8Array => members.find((each) => each.name === name)?.bytes ?? new Uint8Array();
  const statementBytes = get('statement.json');
  const statement = parse<Statement>(statementBytes, 'statement.json');
  if (statement._type !== 'https://in-toto.io/Statement/v1' || statement.predicateType !== predicateType)
    throw new Damage('member statement.json', 'it is no statement of payer-assay about a grade');
  const subjects = new Map((Array.isArray(statement.subject) ? statement.subject : []).map(({ name, digest }) => [name, digest?.sha256]));
  for (const name of memberNames.slice(2)) {
    if (subjects.get(name) !== sha256(get(name)))
      throw new Damage(
        `member ${name}`,
        'its content is not the one that the statement names (SHA-256). It was changed or exchanged after the package was made',
      );
    subjects.delete(name);
  }
  for (const name of subjects.keys()) throw new Damage(`member ${name}`, 'the statement names it, and it is not there');
  return {
    members,
    statementBytes,
    statement,
    resolved: parse<Resolved>(get('plan.json'), 'plan.json'),
    grade: parse<PlanGrade>(get('grade.json'), 'grade.json'),
    inputs: parse<Inputs>(get('inputs.json'), 'inputs.json'),
    runText: inflated(get('run.json.gz'), 'run.json.gz'),
  };
}

function parse<Value>(bytes: Uint8Array, name: string): Value {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Value;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // said below
  }
  throw new Damage(`member ${name}`, 'it is not JSON');
}

/** The text of a compressed member. */
export function inflated(bytes: Uint8Array, name: string): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: largest }).toString('utf8');
  } catch (cause) {
    throw new Damage(`member ${name}`, `it cannot be inflated: ${(cause as Error).message}`);
  }
}
