import { completeness } from '../../checks/record/completeness.ts';
import { recordOf } from '../../checks/record/everything.ts';
import type { Run } from '../../src/core/model.ts';
import { count, line, plural } from './text.ts';
import { marks } from './words.ts';

/** Ids shown of each kind; the others are in run.json and counted here. */
const most = 12;

/** The known member's whole record against what the target file says the member has: which ids are missing or extra, type by type. */
export function completenessView(run: Pick<Run, 'exchanges' | 'blocked' | 'target'>) {
  const holds = run.target.members.known?.holds;
  const record = recordOf(run, 'whole');
  const rows = holds === undefined || record === undefined ? [] : completeness(record.resources, holds);
  const missing = rows.reduce((sum, each) => sum + each.missing.length, 0);
  const extra = rows.reduce((sum, each) => sum + each.extra.length, 0);
  const unlisted = new Set(record?.resources.flatMap(({ resourceType }) => (holds?.[resourceType] === undefined ? [resourceType] : [])));
  return {
    any: holds !== undefined,
    read: record !== undefined,
    verdict: `${plural(missing, 'resource')} missing, ${count(extra)} extra, over ${plural(record?.pages.length ?? 0, 'page')}.`,
    cut: record?.lost === undefined ? '' : 'Another page was offered that was not read, so what is missing here may lie there.',
    unlisted: [...unlisted]
      .sort()
      .map((each) => line(each, 60))
      .join(', '),
    rows: rows.map((each) => ({
      type: line(each.type, 60),
      known: count(each.known),
      seen: count(each.seen),
      ...(each.missing.length + each.extra.length > 0 ? { style: marks.fail.style, sign: marks.fail.sign, word: 'differs' } : {}),
      ...(each.missing.length + each.extra.length === 0 ? { style: marks.pass.style, sign: marks.pass.sign, word: 'complete' } : {}),
      missing: idsOf(each.missing),
      extra: idsOf(each.extra),
    })),
    ...(record === undefined ? {} : { exchange: String(record.exchange.index) }),
  };
}

const idsOf = (ids: readonly string[]) => ({
  count: count(ids.length),
  any: ids.length > 0,
  first: ids.slice(0, most).map((id) => line(id, 64)),
  more: ids.length > most ? count(ids.length - most) : '',
});
