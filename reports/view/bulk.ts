import { asArray, asString, at, isObject } from '../../src/core/fhir.ts';
import type { Exchange, FactName, Run } from '../../src/core/model.ts';
import { cutShort, judgedBy } from '../../src/core/sample.ts';
import { bytes, count, duration, line, plural } from './text.ts';

/** Rows drawn; the others are in run.json. */
const most = 15;

const factOf = (exchange: Exchange, name: FactName): number | undefined => {
  const value = exchange.facts?.[name];
  return typeof value === 'number' ? value : undefined;
};

/**
 * Bulk exports as this run saw them: how often each job was polled against what the payer asked for, and each file with its lines, bytes, time to
 * first byte and rate. `any` is false when no job was polled and no file was read.
 */
export function bulkView({ exchanges }: Pick<Run, 'exchanges'>) {
  const polls = exchanges.filter((each) => each.step === 'bulk.status' && factOf(each, 'bulk.poll') !== undefined);
  const files = exchanges.filter((each) => each.step === 'bulk.file' && each.probe === undefined && factOf(each, 'file.lines') !== undefined);
  const jobs = new Map<string, Exchange[]>();
  for (const poll of polls) {
    const key = `${poll.variant ?? ''} ${poll.request.url}`;
    jobs.set(key, [...(jobs.get(key) ?? []), poll]);
  }
  const soon = polls.filter(tooSoon).length;
  const rows = [...jobs.values()].flatMap(jobRow);
  const listed = files.filter((each) => each.response?.status === 200);
  const whole = {
    lines: sum(listed, (each) => factOf(each, 'file.lines') ?? 0),
    received: sum(listed, (each) => each.size.received),
    decoded: sum(listed, (each) => each.size.decoded),
  };
  return {
    any: polls.length + files.length > 0,
    manners:
      polls.length === 0
        ? 'No job was polled.'
        : `${plural(polls.length, 'poll')} of ${plural(jobs.size, 'job')}: ${soon === 0 ? 'none came sooner than the payer asked' : `${count(soon)} came sooner than the payer asked`}.`,
    total: `${plural(listed.length, 'file')}, ${plural(whole.lines, 'line')}, ${bytes(whole.decoded)} (${bytes(whole.received)} on the wire).`,
    jobs: rows.slice(0, most),
    moreJobs: rows.length > most ? count(rows.length - most) : '',
    // The largest say most about throughput.
    files: [...listed]
      .sort((a, b) => b.size.decoded - a.size.decoded)
      .slice(0, most)
      .map(fileRow),
    moreFiles: listed.length > most ? count(listed.length - most) : '',
    compared: exchanges.filter((each) => each.facts?.['export.together'] !== undefined).flatMap(comparedRows),
  };
}

/** A timer may fire a millisecond early; that is no impatience. */
const tooSoon = (poll: Exchange): boolean => (factOf(poll, 'bulk.waited') ?? 0) + 2 < (factOf(poll, 'bulk.asked') ?? 0);

const sum = (exchanges: readonly Exchange[], of: (each: Exchange) => number): number => exchanges.reduce((total, each) => total + of(each), 0);

function jobRow(polls: readonly Exchange[]) {
  const [first, last] = [polls[0], polls.at(-1)];
  if (!first || !last) return [];
  const asked = polls.flatMap((each) => factOf(each, 'bulk.asked') ?? []);
  const soon = polls.some(tooSoon);
  const status = last.response?.status ?? 0;
  const row = {
    name: line(first.variant ?? 'export', 60),
    polls: count(polls.length),
    asked: asked.length === 0 ? 'nothing' : duration(asked.reduce((total, each) => total + each, 0)),
    waited: duration(sum(polls.slice(1), (each) => factOf(each, 'bulk.waited') ?? 0)),
    took: duration(Math.max(0, Date.parse(last.startedAt) + last.timing.total - Date.parse(first.startedAt))),
    end: status === 0 ? 'no answer' : `${status}`,
    style: soon ? 'warn' : 'pass',
    word: soon ? '! too soon' : '✓ as asked',
    exchange: last.index,
  };
  return [row];
}

function fileRow(file: Exchange) {
  const { firstByte, total } = file.timing;
  // Bytes come after the first byte; the wait for it is the payer's preparation.
  const reading = Math.max(1, total - (firstByte ?? 0));
  return {
    name: line(file.variant ?? 'export', 60),
    type: line(String(file.facts?.['file.type'] ?? ''), 60),
    lines: count(factOf(file, 'file.lines') ?? 0),
    decoded: bytes(file.size.decoded),
    received: bytes(file.size.received),
    firstByte: firstByte === undefined ? '' : duration(firstByte),
    // Over a few kilobytes a rate is the clock's noise.
    rate: file.size.decoded < 65_536 ? 'too small to tell' : `${(file.size.decoded / 1000 / reading).toFixed(1)} MB/s`,
    sample: sampleOf(file),
    exchange: file.index,
  };
}

/** How much of a file was judged. */
function sampleOf(file: Exchange): string {
  if (cutShort(file) === undefined) return 'whole';
  const first = `first ${bytes(factOf(file, 'file.kept') ?? file.response?.body.length ?? 0)}`;
  const by = judgedBy(file);
  if (by === undefined) return first;
  const wrong = Object.values(isObject(file.facts?.['file.rules']) ? file.facts['file.rules'] : {}).filter(
    (rule) => at(rule, 'severity') === 'error',
  );
  const lines = wrong.reduce<number>((sum, rule) => sum + (Number(at(rule, 'count')) || 0), 0);
  return `every line${by === 'profiles' ? ', by profiles' : ''}: ${lines === 0 ? 'no error' : plural(lines, 'error')}`;
}

/** What the files of one export say together, of exports that were too large for judges to see for themselves. */
function comparedRows(exchange: Exchange) {
  const together = exchange.facts?.['export.together'];
  if (together === undefined) return [];
  const common = { name: line(exchange.variant ?? 'export', 60), exchange: exchange.index };
  if (!isObject(together))
    return [{ ...common, question: 'all of them', style: 'warn', word: '! not asked', count: '', first: line(String(together), 300) }];
  return Object.values(together).map((answer) => {
    const notAsked = asString(at(answer, 'notAsked'));
    const differing = Number(at(answer, 'count')) || 0;
    const first = asArray(at(answer, 'first')).map((each) =>
      line(`${asString(at(each, 'reference')) ?? ''} ${asString(at(each, 'text')) ?? ''}`, 200),
    );
    return {
      ...common,
      question: line(asString(at(answer, 'expected')) ?? '', 120),
      style: notAsked === undefined && differing === 0 ? 'pass' : 'warn',
      word: notAsked !== undefined ? '! not asked' : differing === 0 ? '✓ agrees' : '✗ differs',
      count: notAsked === undefined ? count(differing) : '',
      first: notAsked === undefined ? first.join('; ') : line(notAsked, 300),
    };
  });
}
