import { clientRows } from '../../checks/client/index.ts';
import { journeys } from '../../mocks/client/case.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import { fillDesk } from '../../reports/page.ts';
import { line, plural } from '../../reports/view/text.ts';
import { marks } from '../../reports/view/words.ts';
import { mark } from '../core/grade.ts';
import type { Run } from '../core/model.ts';
import { type Frame, head, runHref } from './pages.ts';

/** The run sheet of the client side: what each payer of the script does, what it can show, and how the client of a run did there. */

const journeyWords: Readonly<Record<(typeof journeys)[number], string>> = {
  record: 'Token, find the member, read the record',
  bulk: 'One export of the group, all files',
  'bulk-again': 'An export, and a second one of what changed since',
  roster: 'The export of the attribution list',
  panel: 'A match of all patients by $provider-member-match, the export of those matched, and both once more',
  crd: 'Orders that call for coverage requirements',
  secure: 'The same as record, over https with the authority of the script',
  directory: 'Find the plan in a directory, then read the member there',
  'sign-in': 'A person signs in at the payer (authorization code), then the member is read',
  udap: 'Registration and a token by UDAP, then the record',
};
const order = ['fail', 'not-testable', 'warning', 'pass', 'not-applicable'] as const;

export interface Sheet {
  /** Client runs, the newest first. */
  readonly runs: readonly { readonly name: string; readonly target: string }[];
  /** The run that is looked at. */
  readonly name?: string;
  readonly run?: Run | undefined;
}

export function sheetPage(frame: Frame, { runs, name, run }: Sheet): string {
  const verdicts = new Map((run?.verdicts ?? []).map((each) => [each.requirement, each]));
  const rowOf = ({ id, does }: (typeof cases)[number]) => {
    const rows = clientRows.filter((row) => row.cases?.includes(id));
    const found = rows.flatMap((row) => verdicts.get(row.id) ?? []).map(mark);
    const worst = order.find((each) => found.includes(each));
    const asked = run?.exchanges.filter(({ suite }) => suite === id).length ?? 0;
    const seen = run === undefined ? '' : asked === 0 ? 'not played' : plural(asked, 'request');
    return {
      ...{ id, does: line(does, 240), rows: rows.map((row) => ({ id: row.id, level: row.level })) },
      ...(worst === undefined ? { sign: '', style: 'open', word: '' } : marks[worst]),
      seen,
    };
  };
  return fillDesk('sheet', {
    ...head(frame, run === undefined ? 'Client run sheet' : `Client run sheet: ${line(run.target.name, 100)}`, '/sheet', name ?? ''),
    judged: run !== undefined,
    here: name === undefined ? '' : runHref(name),
    others: runs
      .filter((each) => each.name !== name)
      .map((each) => ({ name: line(`${each.target}, ${each.name}`, 160), href: `/sheet?run=${encodeURIComponent(each.name)}` })),
    journeys: journeys
      .map((journey) => ({ id: journey, does: journeyWords[journey], cases: cases.filter((each) => each.journey === journey).map(rowOf) }))
      .filter((journey) => journey.cases.length > 0),
  });
}
