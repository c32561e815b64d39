import { fail, notTestable, pass } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Step } from '../../src/core/model.ts';
import { type Stranger, strangersIn } from '../../src/core/subjects.ts';

/** Is what came about those who were asked about? The same look at every answer, whichever row asks. */

/** Steps that ask the payer's FHIR server about one member. */
const steps: ReadonlySet<Step> = new Set(['read', 'vread', 'search', 'page', 'everything', 'docref', 'care-gaps', 'group.operation']);

const wordsOf = ({ what, about, exchange }: Stranger, others: number): string =>
  `disclosed: ${what} ${about === 'itself' ? 'is another Patient' : `is about ${about}`}, in the answer to ${exchange.request.url}${others > 0 ? ` (and ${others} more)` : ''}`;

/** A failure when these answers hold something about somebody else; undefined when they do not. */
export function disclosedIn(exchanges: readonly Exchange[], evidence: Evidence): Finding | undefined {
  const strangers = exchanges.flatMap((each) => strangersIn(each, evidence)?.strangers ?? []);
  const [first] = strangers;
  return first && fail(first.exchange, 'nothing about anybody but the member asked for', wordsOf(first, strangers.length - 1));
}

/** Every answer of the run that was asked about somebody; a pass needs an answer that could have been about another. */
export function nothingDisclosed(evidence: Evidence): Finding {
  const asked = evidence.exchanges.filter((each) => steps.has(each.step));
  const found = disclosedIn(asked, evidence);
  if (found) return found;
  const seen = asked.reduce((sum, each) => sum + (strangersIn(each, evidence)?.seen ?? 0), 0);
  return seen > 0 ? pass : notTestable('No answer of this run holds anything that says whom it is about.', 'payer');
}
