import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { makeFolder } from '../disk/folder.ts';
import type { FilesResult } from './result.ts';

/** One question about all files together. */
export interface Difference {
  readonly id: string;
  readonly level: 'error' | 'warning';
  /** What was expected. */
  readonly expected: string;
  /** How many differ; 0 = as expected. */
  readonly count: number;
  /** The first that differ, in order. */
  readonly first: readonly string[];
  /** Why it was not asked; `count` is 0 then. */
  readonly notAsked?: string;
}

export interface ReconcileOptions {
  readonly result: FilesResult;
  /** Folders with what the workers wrote, of all shards. */
  readonly index: readonly string[];
  /** Where the engine may spill, and how much. */
  readonly temp: string;
  readonly tempLimit?: string;
  readonly memory?: string;
  /** Threads of the database; each holds buffers of its own. Default 2. */
  readonly threads?: number;
  /** Differing ids shown. */
  readonly keep?: number;
  /** Folder with a roster that counts instead of the Groups among the files (see `indexRosterOf`). */
  readonly roster?: string;
  /** Files that were read without result, by number: a download that broke off and was started over. */
  readonly skip?: readonly number[];
}

interface Question {
  readonly id: string;
  readonly level: Difference['level'];
  readonly expected: string;
  /** Rows `(what)` that differ, ordered. */
  readonly sql: string;
  /** Needs rows in these tables; else it is not asked. */
  readonly needs: readonly Need[];
}

type Need = 'rows' | 'members' | 'patients' | 'claims' | 'coverages' | 'covers';

const claimTypes = "('ExplanationOfBenefit', 'Claim', 'ClaimResponse', 'Coverage')";
const claimsProper = "('ExplanationOfBenefit', 'Claim')";
/** A row in words: the file's number is replaced by its name later. */
const where = `'file ' || r.file || ' line ' || r.line`;

const questions: readonly Question[] = [
  {
    id: 'ids.unique',
    level: 'error',
    expected: 'every resource once, in one version',
    needs: ['rows'],
    sql: `select type || '/' || id || ' is there ' || count(*) || ' times, not always the same, first ' || min_by(${where}, file * 1e12 + line) as what
      from rows r group by type, id having min(sum) <> max(sum)`,
  },
  {
    id: 'rows.once',
    level: 'warning',
    expected: 'no line again',
    needs: ['rows'],
    sql: `select type || '/' || id || ' is there ' || count(*) || ' times, always the same, first ' || min_by(${where}, file * 1e12 + line) as what
      from rows r group by type, id having count(*) > 1 and min(sum) = max(sum)`,
  },
  {
    id: 'references.closed',
    level: 'warning',
    expected: 'every reference to a type that was exported leads to a resource in the files',
    needs: ['rows'],
    sql: `select r.target || ' is not there; referred to in ' || min_by(${where}, r.file * 1e12 + r.line) as what
      from refs r anti join rows on r.target = rows.type || '/' || rows.id
      where split_part(r.target, '/', 1) in (select distinct type from rows) group by r.target`,
  },
  {
    id: 'patients.on-roster',
    level: 'error',
    expected: 'every exported Patient is on the roster: nobody of another client',
    needs: ['members', 'patients'],
    sql: `select 'Patient/' || id || ' (' || ${where} || ') is not on the roster' as what from rows r
      where type = 'Patient' and 'Patient/' || id not in (select patient from members)`,
  },
  {
    id: 'roster.exported',
    level: 'error',
    expected: 'every active member of the roster is exported as a Patient',
    needs: ['members', 'patients'],
    sql: `select distinct patient || ' is on the roster but was not exported' as what from members
      where not inactive and patient not in (select 'Patient/' || id from rows where type = 'Patient')`,
  },
  {
    id: 'claims.on-roster',
    level: 'error',
    expected: 'every claim and coverage is that of somebody on the roster',
    needs: ['members', 'claims'],
    sql: `select owner || ' is not on the roster, but has ' || count(*) || ' rows, first ' || min_by(${where}, r.file * 1e12 + r.line) as what
      from rows r where type in ${claimTypes} and owner <> '' and owner not in (select patient from members) group by owner`,
  },
  {
    id: 'claims.have-patients',
    level: 'error',
    expected: 'every claim and coverage is that of an exported Patient',
    needs: ['patients', 'claims'],
    sql: `select owner || ' was not exported, but has ' || count(*) || ' rows, first ' || min_by(${where}, r.file * 1e12 + r.line) as what
      from rows r where type in ${claimTypes} and owner <> ''
      and owner not in (select 'Patient/' || id from rows where type = 'Patient') group by owner`,
  },
  {
    id: 'claims.have-coverage',
    level: 'error',
    expected: 'every coverage that a claim names is in the files',
    needs: ['coverages', 'claims'],
    // Of all that a claim refers to, only its insurance is a Coverage.
    sql: `select r.target || ' is not there; named by a claim in ' || min_by(${where}, r.file * 1e12 + r.line) as what
      from refs r anti join rows on r.target = rows.type || '/' || rows.id
      where r.target like 'Coverage/%' and r.file in (select file from rows where type in ${claimsProper}) group by r.target`,
  },
  {
    id: 'roster.covered',
    level: 'error',
    expected: 'the coverage that the roster names for each active member is exported',
    needs: ['covers'],
    sql: `select distinct coverage || ' is named by the roster but was not exported' as what from covers
      where coverage not in (select 'Coverage/' || id from rows where type = 'Coverage')`,
  },
];

const missing: Readonly<Record<Need, string>> = {
  rows: 'no resource with an id among the files',
  members: 'no roster: neither a Group among the files nor --roster',
  patients: 'no Patient among the files',
  claims: 'no claim and no coverage among the files',
  coverages: 'no coverage among the files',
  covers: 'no roster from elsewhere that names coverages',
};

/**
 * Compares the files with each other, with the roster and with the manifest. Runs in DuckDB, which spills to `temp` within `tempLimit`, so tens of
 * millions of ids need no more memory than thousands. Throws when that room is not enough.
 */
export async function reconcile(options: ReconcileOptions): Promise<readonly Difference[]> {
  const { result, keep = result.plan.keep } = options;
  const counted = counts(result, keep);
  const incomplete = incompleteness(result);
  if (incomplete !== undefined) return [...counted, ...questions.map((each) => notAsked(each, incomplete))];
  const absent = await whyNoDatabase();
  if (absent !== undefined) return [...counted, ...questions.map((each) => notAsked(each, absent))];
  return withTables(options, async (connection) => {
    const have = await present(connection);
    const answers: Difference[] = [];
    for (const question of questions) {
      const lacking = question.needs.find((need) => !have[need]);
      answers.push(lacking === undefined ? await ask(connection, question, result, keep) : notAsked(question, missing[lacking]));
    }
    return [...counted, ...answers];
  });
}

/** DuckDB weighs 70 MB, so it comes only where it was asked for. undefined: it is there. */
export async function whyNoDatabase(): Promise<string | undefined> {
  try {
    await import('@duckdb/node-api');
    return undefined;
  } catch {
    return 'files are compared in DuckDB, which is not installed: npm install @duckdb/node-api@1.5.6-r.1';
  }
}

/** Which of these resources (`Type/id`) any other in the files refers to; all of them where that cannot be told, so that none is held to a limit. */
export async function referredTo(options: Tables, keys: readonly string[]): Promise<readonly string[]> {
  if ((await whyNoDatabase()) !== undefined) return keys;
  return withTables(options, async (connection) => {
    const wanted = keys.map((key) => `(${quoted(key)})`).join(', ');
    const reader = await connection.runAndReadAll(`select key from (values ${wanted}) keys(key) where key in (select target from refs) order by key`);
    return reader.getRowsJS().map(([key]) => String(key));
  });
}

type Tables = Omit<ReconcileOptions, 'result' | 'keep'>;

async function withTables<T>(options: Tables, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  makeFolder(options.temp);
  const spill = mkdtempSync(join(options.temp, 'reconcile-'));
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: options.memory ?? '256MB',
    temp_directory: spill,
    max_temp_directory_size: options.tempLimit ?? '20GB',
    threads: String(options.threads ?? 2),
    preserve_insertion_order: 'false',
    // The data comes from a stranger: nothing is fetched, whatever it says.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    await load(connection, options);
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(spill, { recursive: true, force: true });
  }
}

function incompleteness({ shards, plan, noIndex }: FilesResult): string | undefined {
  if (shards.length < plan.shards) return `only ${shards.length} of ${plan.shards} shards are in; merge them all`;
  return noIndex;
}

const notAsked = ({ id, level, expected }: Question, why: string): Difference => ({ id, level, expected, count: 0, first: [], notAsked: why });

/** Lines of an index are short, and the reader's own buffers are made for lines of two megabytes: each table that a question reads would cost 32 MB. */
const small = 'max_line_size = 65536, buffer_size = 1048576';

async function load(connection: DuckDBConnection, { index, roster, skip = [] }: Tables): Promise<void> {
  const tables: Readonly<Record<string, string>> = {
    rows: "{'file': 'INTEGER', 'line': 'BIGINT', 'type': 'VARCHAR', 'id': 'VARCHAR', 'owner': 'VARCHAR', 'sum': 'BIGINT'}",
    refs: "{'file': 'INTEGER', 'line': 'BIGINT', 'target': 'VARCHAR'}",
    members: "{'list': 'VARCHAR', 'patient': 'VARCHAR', 'inactive': 'BOOLEAN'}",
    covers: "{'list': 'VARCHAR', 'coverage': 'VARCHAR'}",
  };
  for (const [table, columns] of Object.entries(tables)) {
    const folders = roster !== undefined && ['members', 'covers'].includes(table) ? [roster] : index;
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.startsWith(`${table}-`) && name.endsWith('.tsv'))
        .map((name) => join(folder, name)),
    );
    // Only a roster from elsewhere is read for coverages.
    if (files.length === 0 && table === 'covers') {
      await connection.run(`create table covers (list varchar, coverage varchar)`);
      continue;
    }
    if (files.length === 0)
      throw new Error(`${index.join(', ')} holds no ${table}-*.tsv. Keep the folder "index" that validate wrote next to its result.`);
    // Read where they lie: a view costs no second copy, and each question takes the columns it needs.
    const wanted = skip.length > 0 && ['rows', 'refs'].includes(table) ? ` where file not in (${skip.join(', ')})` : '';
    await connection.run(
      `create view ${table} as from read_csv([${files.map(quoted).join(', ')}], columns = ${columns}, delim = '\\t', header = false, quote = '', escape = '', auto_detect = false, nullstr = '\\N', ${small})${wanted}`,
    );
  }
}

async function present(connection: DuckDBConnection): Promise<Readonly<Record<Need, boolean>>> {
  const some = async (sql: string): Promise<boolean> => (await connection.runAndReadAll(`select exists(${sql})`)).getRowsJS()[0]?.[0] === true;
  return {
    rows: await some('from rows'),
    members: await some('from members'),
    patients: await some("from rows where type = 'Patient'"),
    claims: await some(`from rows where type in ${claimTypes}`),
    coverages: await some("from rows where type = 'Coverage'"),
    covers: await some('from covers'),
  };
}

async function ask(connection: DuckDBConnection, { id, level, expected, sql }: Question, result: FilesResult, keep: number): Promise<Difference> {
  const reader = await connection.runAndReadAll(
    `with found as (${sql}) select (select count(*) from found)::integer, (select list(what) from (from found order by what limit ${keep}))`,
  );
  const [count, first] = reader.getRowsJS()[0] ?? [0, []];
  const named = (text: string): string => text.replace(/\bfile (\d+) line/, (_all, file: string) => `${result.plan.files[Number(file)]?.name} line`);
  return { id, level, expected, count: Number(count), first: Array.isArray(first) ? first.map((each) => named(String(each))) : [] };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** What the manifest and the files' names promise, against what was counted. */
function counts(result: FilesResult, keep: number): readonly Difference[] {
  const whole = result.shards.length === result.plan.shards;
  const promised = result.plan.files.flatMap((file, index) => {
    const seen = result.files[index]?.resources ?? 0;
    return file.count === undefined ? [] : [{ file, seen, same: file.count === seen }];
  });
  const wrong = promised.filter((each) => !each.same);
  const pure = result.rules['file.type'];
  const typed = result.plan.files.some(({ type }, index) => type !== undefined && (result.files[index]?.resources ?? 0) > 0);
  const why = !whole ? `only ${result.shards.length} of ${result.plan.shards} shards are in; merge them all` : undefined;
  const none = promised.length === 0 ? 'no manifest with counts was given' : undefined;
  const counting = why ?? none;
  return [
    {
      id: 'counts.manifest',
      level: 'error',
      expected: 'as many resources in each file as the manifest says',
      count: counting === undefined ? wrong.length : 0,
      first: counting === undefined ? wrong.slice(0, keep).map(({ file, seen }) => `${file.name}: ${seen}; the manifest says ${file.count}`) : [],
      ...(counting === undefined ? {} : { notAsked: counting }),
    },
    {
      id: 'types.pure',
      level: 'error',
      expected: 'one resource type in each file',
      count: pure?.count ?? 0,
      first: (pure?.first ?? []).slice(0, keep).map((each) => `${result.plan.files[each.file]?.name} line ${each.line}: ${each.text}`),
      ...(typed || pure !== undefined ? {} : { notAsked: 'no file with resources says by its name or in a manifest which type it is for' }),
    },
  ];
}
