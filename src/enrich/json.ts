import { duplicateNames } from '../validation/guard.ts';
import type { Enricher } from './enricher.ts';

/** Bodies beyond this many characters are left to the validation tiers. */
const longest = 4 * 2 ** 20;

/**
 * Fact `json.duplicateNames`: paths of names that stand twice in one object of a JSON answer, at most ten. JSON.parse keeps the last and
 * hides the rest, so a judge cannot see it.
 * Source: https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
export const jsonEnricher: Enricher = ({ response }) => {
  if (!response || response.body.length > longest || !/json/.test(response.headers['content-type'] ?? '')) return {};
  const twice = duplicateNames(response.body);
  return twice.length === 0 ? {} : { facts: { 'json.duplicateNames': twice } };
};
