import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A run waits for a payer most of its time: what it needs of memory matters more than what collecting costs. V8 lets its young generation grow to 128 MB and
 * its old one to twice what is alive before it looks again; both figures are read at each collection, so that they can be set while the process runs.
 */
export function frugal(): void {
  if (hurried) return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=12');
}

/**
 * Time matters more than memory. Whoever runs many runs, and has the memory, may say so: PAYER_ASSAY_MEMORY=ample saves a third of the processor time. Read in
 * bin/payer-assay.js and src/enrich/files/index.ts as well.
 */
let hurried = process.env['PAYER_ASSAY_MEMORY'] === 'ample';

/** From now on time matters more: who ended a run waits for its end. More than half of that end was collecting. */
export function hurry(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--heap-growing-percent=100');
  hurried = true;
}

/** So much resident memory, bytes, that even who is in a hurry must look to it. */
const tooMuch = 500 * 2 ** 20;

/** Below this much resident memory, bytes, collecting costs more than it gives: who pressed Ctrl-C early waits for nothing. */
const worthIt = 200 * 2 ** 20;

let gc: ((how: object) => void) | undefined;

function collector(): (how: object) => void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as (how: object) => void;
  }
  return gc;
}

/** A run whose files were large, bytes; an ordinary one stays below. */
const large = 300 * 2 ** 20;

/**
 * Between two conversations of a run with large files: what the database found is freed only when its small handles are collected, and V8 does not see how much
 * hangs on them. Each comparison of an export would leave 2 MB behind.
 */
export function tidy(): void {
  if (!hurried && process.memoryUsage.rss() > large) collector()({ type: 'major', execution: 'sync' });
}

/** Above what a run with ordinary files has, bytes. */
const usual = 270 * 2 ** 20;
let level = usual;
/** So much growth, bytes, is worth a look. */
const growth = 20 * 2 ** 20;

/**
 * While a run with large files asks, and while it is judged: what the database, the threads and unpacked answers leave hangs on small objects, and V8 does not see
 * how much it is.
 */
export function keepLevel(): void {
  if (hurried || process.memoryUsage.rss() < level + growth) return;
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  level = Math.max(usual, process.memoryUsage.rss());
}

/**
 * Gives back what the work before has left, before something large is made: V8 itself would only look when the heap has grown again.
 * The thorough kind also hands pages back to the system. Once before the reports is enough: before each of them, it cost a sixth of a run's processor time.
 */
export function collect(): void {
  if (process.memoryUsage.rss() < (hurried ? tooMuch : worthIt)) return;
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
