import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asString, at, isResource, literalReference, type Resource } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';
import { makeFolder } from '../disk/folder.ts';
import { isId, membersOf, targetOf } from './inspect.ts';

/** One Group is one JSON value, which has to be held: as long as a string may be. */
const largest = 500 * 2 ** 20;

/** Puts the members of the Groups in a file (one Group as JSON, or lines of them) into the index. Throws when it holds no Group. */
export function indexRoster(path: string, folder: string): void {
  const { size } = statSync(path);
  if (size > largest) throw new Error(`${path} has ${size} bytes; a roster may have ${largest}. Give it as NDJSON among the files instead.`);
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  const groups = groupsIn(text);
  if (groups.length === 0) throw new Error(`${path} holds no Group. A roster is a Group resource (JSON), or lines of them (NDJSON).`);
  indexRosterOf(rosterOf(groups), folder);
}

/** What the reconciliation needs of Groups, as lines of a table: a tenth of what the parsed resources take. */
export interface Roster {
  /** group, patient (`Patient/x`), inactive (0 or 1) */
  readonly members: string;
  /** group, coverage (`Coverage/x`) of an active member */
  readonly covers: string;
}

/** Whom these Groups list, and the coverages they name for active members. */
export function rosterOf(groups: readonly Resource[]): Roster {
  const table = (rowsOf: (group: Resource) => readonly string[]): string =>
    groups.flatMap((group) => rowsOf(group).map((row) => `${isId(group['id']) ? group['id'] : ''}\t${row}\n`)).join('');
  return { members: table((group) => membersOf(group).map(([patient, inactive]) => `${patient}\t${inactive ? 1 : 0}`)), covers: table(coveragesOf) };
}

/** Puts a roster where the reconciliation reads it. */
export function indexRosterOf({ members, covers }: Roster, folder: string): void {
  makeFolder(folder);
  writeFileSync(join(folder, 'members-roster.tsv'), members);
  writeFileSync(join(folder, 'covers-roster.tsv'), covers);
}

/** Source: http://hl7.org/fhir/us/davinci-atr/StructureDefinition-ext-coverageReference.html */
const coveragesOf = (group: Resource): readonly string[] =>
  asArray(group['member'])
    .filter((entry) => at(entry, 'inactive') !== true)
    .flatMap((entry) => asArray(at(entry, 'extension')))
    .filter((each) => asString(at(each, 'url'))?.endsWith('/ext-coverageReference') === true)
    .flatMap((each) => literalReference(at(each, 'valueReference', 'reference')) ?? [])
    .filter((reference) => targetOf(reference) === reference);

function groupsIn(text: string): readonly Resource[] {
  const whole = parse(text);
  const values = whole === undefined ? text.split('\n').map(parse) : [whole];
  return values.filter((each): each is Resource => isResource(each, 'Group'));
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
