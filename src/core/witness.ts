import type { Evidence } from './check.ts';
import type { Exchange } from './exchange.ts';
import { memo, noteAnswer } from './memo.ts';

/** Which answers a verdict rests on: those that its judge read. */

const eyes = new WeakSet<Evidence>();

/** The same history, whose exchanges note when their answer is read: response, error, facts or issues. What is watched already stays as it is: a copy of it would read all. */
export const watched = (evidence: Evidence): Evidence => (eyes.has(evidence) ? evidence : watch(evidence));

const watch = memo((evidence: Evidence): Evidence => {
  const copy = { ...evidence, exchanges: evidence.exchanges.map((each) => watchedExchange(each)) };
  eyes.add(copy);
  return copy;
});

/** Once for each exchange: where parts of a history are looked at again and again, most of it is the same. */
const watchedExchange = memo((exchange: Exchange): Exchange => {
  const read = <Value>(value: Value): Value => {
    noteAnswer(exchange.index);
    return value;
  };
  return Object.defineProperties(
    { ...exchange },
    {
      response: { get: () => read(exchange.response), enumerable: true },
      error: { get: () => read(exchange.error), enumerable: true },
      facts: { get: () => read(exchange.facts), enumerable: true },
      issues: { get: () => read(exchange.issues), enumerable: true },
    },
  );
});
