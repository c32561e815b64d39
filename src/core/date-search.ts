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
