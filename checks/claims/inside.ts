import { asArray, asObject, at, codesOf, type JsonObject, type Resource } from '../../src/core/fhir.ts';
import { check, notApplicable } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { rowsOfType } from '../bulk/alter.ts';
import { keyOf } from '../bulk/exports.ts';
import { group } from '../group.ts';
import { eachResource } from '../sec/lib.ts';
import { r4, useCase } from '../sources.ts';
import { isClaimSearch, onClaimRows } from './export.ts';

/** What one claim says of itself in several places, which no profile compares. */

const isEob = (row: Resource): boolean => row.resourceType === 'ExplanationOfBenefit';

/** Lists whose entries are numbered, and the names under which items refer to them. */
const numbered = {
  item: undefined,
  careTeam: 'careTeamSequence',
  supportingInfo: 'informationSequence',
  diagnosis: 'diagnosisSequence',
  procedure: 'procedureSequence',
} as const;

/** A number that two entries of a list bear, or that an item refers to and none bears; undefined where there is neither. */
function numberProblem(row: Resource): string | undefined {
  for (const [list, reference] of Object.entries(numbered)) {
    const numbers = asArray(row[list]).map((each) => at(each, 'sequence'));
    const twice = numbers.find((each, nth) => each !== undefined && numbers.indexOf(each) !== nth);
    if (twice !== undefined) return `two entries of ${list} with sequence ${String(twice)}`;
    const asked = reference === undefined ? [] : asArray(row['item']).flatMap((item) => asArray(at(item, reference)));
    const absent = asked.find((each) => !numbers.includes(each));
    if (absent !== undefined) return `${reference} ${String(absent)}, and no ${list} with that sequence`;
  }
  return undefined;
}

const cents = (amount: Json | undefined): number | undefined => {
  const value = at(amount, 'value');
  return typeof value === 'number' ? Math.round(value * 100) : undefined;
};

/** Amounts of one category in a list of adjudications. */
const amountsOf = (adjudication: Json | undefined, code: string): readonly Json[] =>
  asArray(adjudication).flatMap((each) => (codesOf(at(each, 'category')).includes(code) ? (at(each, 'amount') ?? []) : []));

/**
 * A total that is not the sum of its items; undefined where none is. Only what every item states once in one currency, and nothing beside the items (the header,
 * added items, details) states, can be added up by a reader.
 */
function totalProblem(row: Resource): string | undefined {
  const items = asArray(row['item']);
  if (items.length === 0 || asArray(row['addItem']).length > 0 || items.some((item) => asArray(at(item, 'detail')).length > 0)) return undefined;
  for (const total of asArray(row['total'])) {
    const [code] = codesOf(at(total, 'category'));
    const told = cents(at(total, 'amount'));
    if (code === undefined || told === undefined || amountsOf(row['adjudication'], code).length > 0) continue;
    const amounts = items.map((item) => amountsOf(at(item, 'adjudication'), code));
    const currencies = new Set([at(total, 'amount'), ...amounts.flat()].map((each) => at(each, 'currency')));
    if (amounts.some((each) => each.length !== 1) || currencies.size !== 1) continue;
    const sum = amounts.flat().reduce<number>((all, each) => all + (cents(each) ?? Number.NaN), 0);
    // Each item may have been rounded.
    if (Math.abs(sum - told) > items.length) return `total ${code} of ${told / 100}, and items of ${sum / 100}`;
  }
  return undefined;
}

const judgeBy = (problem: (row: Resource) => string | undefined, expected: string): Check['judge'] =>
  onClaimRows((rows, exchange) => {
    const claims = rows.filter(isEob);
    if (claims.length === 0) return notApplicable('No ExplanationOfBenefit was seen.');
    const wrong = claims.flatMap((row) => problem(row)?.concat(` in ${keyOf(row)}`) ?? []);
    return check(wrong.length === 0, exchange, expected, `${wrong[0] ?? ''}${wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ''}`);
  });
const firstItem = <R extends JsonObject>(row: R, change: (item: JsonObject) => readonly Json[]): R => ({
  ...row,
  item: asArray(row['item']).flatMap((item, nth) => (nth === 0 ? change(asObject(item)) : [item])),
});

export const insideChecks: readonly Check[] = group({ lines: ['L2'], scenarios: ['S1', 'S6'], holds: [{ ig: guides.c4bb }] }, [
  {
    id: 'claims.sequences',
    level: 'SHOULD',
    text: 'Entries of a claim bear numbers "to uniquely identify" them, and an item refers to entries that are there.',
    source: r4('explanationofbenefit-definitions.html#ExplanationOfBenefit.item.sequence'),
    judge: judgeBy(numberProblem, 'each sequence once, and careTeamSequence, diagnosisSequence and the like of entries that are there'),
    mustSee: (row, { variant }) => variant === 'claims' && isEob(row) && numberProblem(row) !== undefined,
    faults: [
      {
        name: 'numbers two items alike',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => firstItem(row, (item) => [item, item])),
      },
      {
        name: 'refers to a diagnosis that is not there',
        at: 'search',
        alter: eachResource(isClaimSearch, (row) => firstItem(row, (item) => [{ ...item, diagnosisSequence: [99] }])),
      },
    ],
  },
  {
    id: 'claims.totals',
    level: 'FAST',
    text: 'Advice: where every item of a claim states an amount of a category, the total of that category is their sum.',
    source: useCase('Scenario 6'),
    judge: judgeBy(totalProblem, 'totals that are the sum of their items'),
    faults: [
      {
        name: 'adds up claims wrongly',
        at: 'search',
        alter: eachResource(isClaimSearch, (row) => ({
          ...row,
          total: asArray(row['total']).map((each) => ({
            ...asObject(each),
            amount: { ...asObject(at(each, 'amount')), value: Number(at(each, 'amount', 'value')) + 100 },
          })),
        })),
      },
    ],
  },
]);
