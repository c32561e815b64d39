/** Dates asked for in searches, and dates that are known to answer them. */

/**
 * Does a stored date or dateTime lie within the day or month that is asked for, whatever time zone the payer takes it in? False: it does not, or it cannot be told.
 * Source: https://hl7.org/fhir/R4/search.html#date
 */
export function surelyWithin(stored: string, asked: string): boolean {
  if (!stored.startsWith(asked)) return false;
  if (stored.length <= 10) return true;
  const utc = new Date(stored);
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(asked)) return false;
  // The same day everywhere is only around noon; the same month, away from its ends.
  return asked.length === 10 ? utc.getUTCHours() >= 10 && utc.getUTCHours() <= 14 : utc.getUTCDate() > 1 && utc.getUTCDate() < 28;
}

/** A day and a month to ask for, each with one of these in it. */
export function datesWithin(stored: readonly string[]): { readonly 'date-day'?: string; readonly 'date-month'?: string } {
  const [day, month] = [10, 7].map((length) =>
    stored.map((each) => each.slice(0, length)).find((asked, nth) => asked.length === length && surelyWithin(stored[nth] ?? '', asked)),
  );
  return { ...(day === undefined ? {} : { 'date-day': day }), ...(month === undefined ? {} : { 'date-month': month }) };
}

const hours = 3_600_000;
/** The first instant after the day or month, as UTC has it. */
const endOf = (asked: string): number => {
  const [year = 0, month = 1, day] = asked.split('-').map(Number);
  return day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1);
};

/**
 * Where a stored date or dateTime lies, seen from the day or month that is asked for; undefined where it depends on the time zone in which the payer reads that day.
 * Source: https://hl7.org/fhir/R4/search.html#prefix
 */
export function placeOf(stored: string, asked: string): 'before' | 'within' | 'after' | undefined {
  if (surelyWithin(stored, asked)) return 'within';
  if (!/^\d{4}(-\d{2}){0,2}(T.+)?$/.test(stored)) return undefined;
  if (stored.length <= 10) {
    const [mine, theirs] = [stored.slice(0, asked.length), asked.slice(0, stored.length)];
    return mine === theirs ? undefined : mine < theirs ? 'before' : 'after';
  }
  const instant = Date.parse(stored);
  if (Number.isNaN(instant)) return undefined;
  if (instant < Date.parse(asked) - 14 * hours) return 'before';
  return instant >= endOf(asked) + 14 * hours ? 'after' : undefined;
}
