import { closest } from 'fastest-levenshtein';
import { scenarios } from '../core/vocabulary.ts';
import type { Row } from './types.ts';

/** The selector language of plans: globs over row ids, braces, `!` takes away, `scenario:S3`, and these named sets. */

export const sets: Readonly<Record<string, readonly string[]>> = {
  base: [
    'cc2.tls.*',
    'cc2.endpoints.https',
    'cc3.metadata.*',
    'cc3.conneg.*',
    'cc3.http.head',
    'rest.read.*',
    'rest.http.utf8',
    'rest.search.*',
    'err.*',
    'payload.*',
  ],
  gate: ['cc2.rs.*', '!cc2.rs.pdex-group-token'],
  smart: ['cc2.smart.*', 'cc2.token.*', '!cc2.token.atr-system-read', 'cc2.introspection.*'],
  bulk: ['bulk.*', 'cc3.bulk.capability', 'mode.async-is-bulk', 'time.bulk.*'],
  no3: ['!bulk.param.until', '!bulk.param.organize', '!bulk.manifest.link-next', '!bulk.manifest.partial-success'],
  usc: [
    'cc3.usc.*',
    'cc3.instantiates.uscore',
    'rest.usc.*',
    'sec.*',
    '!sec.provenance-available',
    'doc.docref.*',
    'doc.dual-exposure',
    'doc.attachment.*',
  ],
  c4bb: ['claims.meta-profile', 'claims.last-updated', 'claims.focal', 'cc3.instantiates.c4bb'],
  authz: ['id.authz.*', '!id.authz.chained'],
};

/** One selector as those that it stands for: sets are opened, braces spread. */
export function spread(selector: string): readonly string[] {
  const set = Object.hasOwn(sets, selector) ? sets[selector] : undefined;
  if (set !== undefined) return set.flatMap(spread);
  const [, before = '', inside, after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(selector) ?? [];
  return inside === undefined ? [selector] : inside.split(',').flatMap((each) => spread(`${before}${each}${after}`));
}

/** Ids that one selector without braces names. */
function hits(selector: string, rows: readonly Row[]): readonly string[] {
  const [, scenario] = /^scenario:(.*)$/.exec(selector) ?? [];
  if (scenario !== undefined) return rows.filter((row) => row.scenarios.some((each) => each === scenario)).map(({ id }) => id);
  const pattern = new RegExp(`^${selector.replace(/[.+?^$()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return rows.filter(({ id }) => pattern.test(id)).map(({ id }) => id);
}

/** Ids that the selectors name, in the order of the catalogue. Throws, with the nearest name, for a selector that hits nothing. */
export function select(selectors: readonly string[], rows: readonly Row[], of: string): readonly string[] {
  const chosen = new Set<string>();
  for (const each of selectors.flatMap(spread)) {
    const away = each.startsWith('!');
    const selector = away ? each.slice(1) : each;
    const found = hits(selector, rows);
    if (found.length === 0)
      throw new Error(
        `${of}: the selector "${each}" hits no row of the catalogue. Did you mean ${closest(selector, [...rows.map(({ id }) => id), ...Object.keys(sets), ...scenarios.map((name) => `scenario:${name}`)])}? \`payer-assay list requirements\` shows all rows.`,
      );
    for (const id of found)
      if (away) chosen.delete(id);
      else chosen.add(id);
  }
  return rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
}
