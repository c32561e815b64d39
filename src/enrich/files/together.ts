import { cutIntoBlocks } from '../../bulk-files/cut.ts';
import type { Pool } from '../../bulk-files/pool.ts';
import type { Difference } from '../../bulk-files/reconcile.ts';
import { emptyResult, type FilesResult, mergeRules } from '../../bulk-files/result.ts';
import { type Roster, rosterOf } from '../../bulk-files/roster.ts';
import { isResource, parseJson } from '../../core/fhir.ts';
import type { LinePlace } from '../../core/lines.ts';
import type { Facts, Json, RawExchange } from '../../core/model.ts';
import type { Watch } from './watch.ts';

/** A file as it entered the comparison: its number in the index, and what it is called in messages. */
export interface Entered {
  readonly file: number;
  readonly name: string;
  readonly watch?: Watch;
}

export interface Together {
  readonly entered: readonly Entered[];
  /** Numbers of readings that came to nothing. */
  readonly skip: readonly number[];
  readonly index: string;
  /** Folder with the roster, when the Group was read before the export. */
  readonly roster?: string;
  readonly keep: number;
  /** Why the set is not whole, when it is not. */
  readonly incomplete?: string;
}

/** Within a run the database has less than `validate` gives it; what does not fit goes to the disk. */
const frugal = { memory: '96MB', threads: 1 } as const;

/** Compares all files of an export with each other and with the roster. Never throws: what could not be asked says why. */
export async function compare({ entered, skip, index, roster, keep, incomplete }: Together): Promise<Facts> {
  const { reconcile, referredTo } = await import('../../bulk-files/reconcile.ts');
  const names: string[] = [];
  for (const { file, name } of entered) names[file] = name;
  const plan = { files: Array.from(names, (name) => ({ name: name ?? '' })), shards: 1, keep, profiles: false };
  const rules = entered.reduce<FilesResult['rules']>((sum, { watch }) => mergeRules(sum, watch?.seen().rules ?? {}, keep), {});
  const result: FilesResult = { ...emptyResult(plan, [0]), rules, ...(incomplete === undefined ? {} : { noIndex: incomplete }) };
  const tables = { index: [index], temp: index, skip, ...frugal, ...(roster === undefined ? {} : { roster }) };
  const found = await reconcile({ ...tables, result, keep });
  const picked = incomplete === undefined ? [...new Set(entered.flatMap(({ watch }) => watch?.picked() ?? []))] : [];
  const referred = new Set(picked.length === 0 ? [] : await referredTo(tables, picked));
  return {
    'export.together': Object.fromEntries(found.filter(({ id }) => !byFile.has(id)).map((each) => [each.id, told(each)])),
    ...(picked.length === 0 ? {} : { 'export.picked': picked.map((reference) => ({ reference, referred: referred.has(reference) })) }),
  };
}

/** Told by the facts of each file. */
const byFile = new Set(['counts.manifest', 'types.pure']);

/** Each difference begins with a reference, which is set apart so that redaction knows it for one. */
function told({ expected, count, first, notAsked }: Difference): Json {
  if (notAsked !== undefined) return { expected, notAsked };
  return {
    expected,
    count,
    first: first.map((text) => {
      const space = text.indexOf(' ');
      return { reference: text.slice(0, space), text: text.slice(space + 1) };
    }),
  };
}

/** Ids and references of a file that is stored whole, through the same threads. */
export async function enterStored(
  file: number,
  exchange: RawExchange,
  { pool, place, index }: { readonly pool: Pool; readonly place: LinePlace; readonly index: string },
): Promise<void> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(exchange.response?.body ?? '');
  }
  await cutIntoBlocks(body(), {
    mine: () => true,
    take: pool.take,
    tooLong: () => undefined,
    give({ buffer, bytes, line, offset, unended }) {
      const task = { buffer, from: bytes.byteOffset, length: bytes.byteLength, file, line, offset, unended, place, index };
      return pool.send(task);
    },
  });
  await pool.settled(file);
}

/** Whom the Group lists that a `group.read` brought. Read apart from everybody else's reading of it: what is parsed here is gone when this is over. */
export function rosterIn({ step, response }: RawExchange): Roster | undefined {
  if (step !== 'group.read' || response?.status !== 200) return undefined;
  const value = parseJson(response.body);
  return isResource(value, 'Group') ? rosterOf([value]) : undefined;
}
