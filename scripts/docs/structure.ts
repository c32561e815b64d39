import { dirname, join, normalize } from 'node:path';
import { importsOf, sources } from '../sources.ts';

/** docs/structure.md: the parts of the project as rooms, and who imports whom as arrows, read from the imports themselves. */

/** The first that fits counts. */
const rooms: readonly (readonly [name: string, about: string, holds: RegExp])[] = [
  ['core', 'src/core, src/client/requests: nouns, the words of judges, requests as data; pure', /^src\/(core|client\/requests)\//],
  ['plans', 'src/target, src/plan, src/assay: target file, plans, result packages', /^src\/(target|plan|assay|package|disk)\//],
  ['checks', 'the catalogue: rows, judges, faults; pure', /^checks\//],
  ['fixtures', 'synthetic members from a seed', /^fixtures\//],
  ['mocks', 'the embedded payer', /^mocks\//],
  ['suites', 'the conversations, and the same under load', /^suites\//],
  ['reports', 'views and pages of a stored run', /^reports\//],
  [
    'entry',
    'src/cli, library, playwright, desk, client-side: they join the parts',
    /^src\/(cli\/|library\/|playwright\/|desk\/|client-side\/|[^/]+$)/,
  ],
  ['scripts', 'faults, laws, shapes, docs', /^scripts\//],
  ['bench', 'measurements', /^bench\//],
  ['stages', 'src/client, enrich, bulk-files, validation, run, load', /^src\//],
];

const roomOf = (path: string): string | undefined => rooms.find(([, , holds]) => holds.test(path))?.[0];
const inside = (file: string): boolean => !/^(test|examples)\/|^[^/]+$/.test(file);

/** Room by room: the rooms that it imports. Throws for a file of no room. */
export function arrows(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>(rooms.map(([name]) => [name, new Set()]));
  for (const file of sources().filter(inside)) {
    const from = roomOf(file);
    if (from === undefined) throw new Error(`${file} is in no room of the picture. Add its folder to scripts/docs/structure.ts.`);
    for (const name of importsOf(file)) {
      const to = name.startsWith('.') ? roomOf(normalize(join(dirname(file), name))) : undefined;
      if (to !== undefined && to !== from) found.get(from)?.add(to);
    }
  }
  return found;
}

/** The floor of each room: one above the highest that it imports; the ground is 1. Throws where an arrow leads round. */
export function floors(map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  const floorOf = (room: string, above: readonly string[]): number => {
    if (above.includes(room))
      throw new Error(`Rooms that import each other in a circle: ${[...above, room].join(' -> ')}. Move what both need below them.`);
    const floor = known.get(room) ?? 1 + Math.max(0, ...[...(map.get(room) ?? [])].map((each) => floorOf(each, [...above, room])));
    known.set(room, floor);
    return floor;
  };
  for (const room of map.keys()) floorOf(room, []);
  return known;
}

export function structurePage(): string {
  const map = arrows();
  const on = floors(map);
  const highest = Math.max(...on.values());
  const lines = Array.from({ length: highest }, (_, nth) => highest - nth).map((floor) => {
    const here = rooms.filter(([name]) => on.get(name) === floor);
    return `  subgraph floor${floor}["floor ${floor}"]\n${here.map(([name, about]) => `    ${name}["${name}: ${about}"]`).join('\n')}\n  end`;
  });
  const pairs = [...map].flatMap(([from, to]) => [...to].sort().map((each) => `  ${from} --> ${each}`));
  return `# Structure

Written by \`npm run docs\` from the imports of the sources (tests left out); do not edit. An arrow points to what is imported; every arrow runs down.
${rooms.length} rooms, ${highest} floors, ${pairs.length} arrows, none that runs up, no circle among rooms (this page would not be written) or files (Biome, \`noImportCycles\`).
Who may import whom, folder by folder and with the reasons: [scripts/import-law.ts](../scripts/import-law.ts).

\`\`\`mermaid
flowchart TD
${[...lines, ...pairs].join('\n')}
\`\`\`
`;
}
