import { notTestable } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { cutShort, unsure } from '../../src/core/sample.ts';

/** Bulk files whose rows the judge at work has read. Judges are synchronous, so one is at work at a time. */
let looked: Set<Exchange> | undefined;

/** Told by whoever hands out rows of a file, so that no judge can forget that it saw a sample. */
export const noteRead = (file: Exchange): void => void looked?.add(file);

/**
 * Keeps a judge of rows honest: where it read a file of which only the beginning is stored, its `pass` holds only if its row question was asked of every
 * line and picked none; else it is no more than "nothing found in the sample", and becomes not testable. A failure found in what is stored stays one.
 */
export function withPartialFiles(check: string, judge: (evidence: Evidence) => Finding): (evidence: Evidence) => Finding {
  return (evidence) => {
    const outer = looked;
    const own = new Set<Exchange>();
    looked = own;
    try {
      const finding = judge(evidence);
      if (finding.outcome === 'fail' || finding.outcome === 'not-testable') return finding;
      // "No row has it" is known of what is stored alone.
      const doubt = finding.outcome === 'pass' ? (file: Exchange) => unsure(file, check) : cutShort;
      const why = [...own].map(doubt).find((each) => each !== undefined);
      return why === undefined ? finding : notTestable(`Nothing was found against it, but ${why}.`, 'ours');
    } finally {
      looked = outer;
      for (const file of own) noteRead(file);
    }
  };
}

/** Every check of an area that reads rows of exports. */
export const allHeedingCuts = (checks: readonly Check[]): readonly Check[] =>
  checks.map((check) => ({ ...check, judge: withPartialFiles(check.id, check.judge) }));
