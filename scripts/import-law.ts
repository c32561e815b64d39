/** Who may import whom (docs/architecture.md, "Laws"). Folders by longest match; a folder may always import itself. */
export interface Law {
  readonly folder: string;
  readonly may: readonly string[] | 'anything';
  /** The one file of this folder that others in src/ may import. */
  readonly entry?: string;
  /** No package and no Node either: it also runs inside k6. */
  readonly pure?: true;
  /** The packages that a pure folder may use all the same: plain ECMAScript themselves. */
  readonly packages?: readonly string[];
  readonly why: string;
}

export const laws: readonly Law[] = [
  { folder: 'src/core', may: ['src/core/stats'], pure: true, why: 'the nouns and the vocabulary of judges' },
  {
    folder: 'src/core/stats',
    may: ['src/core'],
    pure: true,
    packages: ['pure-rand', 'hdr-histogram-js'],
    why: 'statistics with known values, for reports and comparisons',
  },
  { folder: 'src/client/requests', may: ['src/core'], pure: true, why: 'requests as data, shared with k6' },
  { folder: 'checks', may: ['src/core', 'src/core/stats', 'src/client/requests'], pure: true, why: 'judges run inside k6 and offline' },
  {
    folder: 'src/client',
    may: ['src/core', 'src/disk', 'src/client/requests'],
    why: 'client and mocks meet on the wire only, or a shared bug passes itself',
  },
  { folder: 'src/validation/fhirpath', may: [], entry: 'index.ts', why: 'a package of its own, see its README: nothing from the rest' },
  {
    folder: 'src/validation/profile',
    may: ['src/core', 'src/validation/fhirpath', 'src/validation/definitions'],
    entry: 'index.ts',
    why: 'a package of its own, see its README: definitions in, closures out',
  },
  { folder: 'src/validation/definitions', may: ['src/core', 'src/validation'], why: 'what guides publish, and what is known to be wrong in it' },
  {
    folder: 'src/validation',
    may: ['src/core', 'src/disk', 'src/package', 'src/validation/fhirpath', 'src/validation/profile', 'src/validation/definitions'],
    why: 'one port, several tiers behind it',
  },
  {
    folder: 'src/bulk-files',
    may: ['src/core', 'src/client', 'src/disk', 'src/validation', 'src/validation/definitions'],
    why: 'reads files of any size; of the client only its redaction, and knows nothing of servers',
  },
  {
    folder: 'src/enrich',
    may: ['src/core', 'src/client', 'src/disk', 'src/validation', 'src/bulk-files', 'checks'],
    why: 'facts that a pure judge cannot compute',
  },
  { folder: 'src/disk', may: [], why: 'folders, made without a hang' },
  { folder: 'src/package', may: [], why: 'where our own files are, and which version we are' },
  { folder: 'src/target', may: ['src/core', 'src/package'], why: 'reads and checks the target file' },
  {
    folder: 'src/plan',
    may: ['src/core', 'src/core/stats', 'src/package', 'src/target'],
    why: 'what a grade is bound to; grades a stored run and knows no server',
  },
  {
    folder: 'src/assay',
    may: ['src/core', 'src/plan', 'src/package', 'src/disk'],
    why: 'result packages: made, signed, opened and verified; asks no server',
  },
  {
    folder: 'src/run',
    may: ['src/core', 'src/client', 'src/client/requests', 'src/disk', 'src/enrich', 'src/validation', 'src/target', 'src/package'],
    why: 'drive, enrich, judge, store',
  },
  {
    folder: 'src/load',
    may: ['src/core', 'src/client', 'src/client/requests', 'src/disk'],
    why: 'plans, starts and collects load; the journeys themselves are in suites/load',
  },
  {
    folder: 'suites/load',
    may: ['src/core', 'src/client/requests', 'src/load', 'checks'],
    why: 'runs inside k6: requests, judges and plain data only',
  },
  { folder: 'suites', may: ['src/core', 'src/client', 'src/client/requests', 'src/run', 'src/load', 'checks'], why: 'suites only drive' },
  { folder: 'fixtures', may: ['src/core'], why: 'data made from a seed' },
  { folder: 'mocks', may: ['src/core', 'fixtures'], why: 'client and mocks meet on the wire only, or a shared bug passes itself' },
  {
    folder: 'src/client-side',
    may: [
      'src/core',
      'src/disk',
      'src/package',
      'src/target',
      'src/client',
      'src/client/requests',
      'src/enrich',
      'src/validation',
      'suites',
      'checks',
      'mocks',
      'fixtures',
    ],
    why: 'the command layer of a client under test: it starts the scripted payer and our own client, which meet on the wire only',
  },
  { folder: 'reports', may: ['src/core', 'src/core/stats', 'src/plan', 'checks'], why: 'who reports gets a read-only view: no client, no suites' },
  {
    folder: 'src/desk',
    may: ['src/core', 'src/disk', 'src/package', 'src/target', 'src/plan', 'src/run', 'src/load', 'src/client', 'checks', 'reports', 'mocks'],
    why: 'reads folders of runs, and the script of the client side, and starts `payer-assay run`; talks to no payer itself',
  },
  { folder: 'src', may: 'anything', why: 'the command line and its helpers join the parts' },
  { folder: 'examples', may: [], why: 'a vendor sees the package, not its sources' },
  { folder: 'scripts', may: 'anything', why: 'tools of the repository' },
  { folder: 'test', may: 'anything', why: 'tests of the harness' },
  { folder: 'bench', may: 'anything', why: 'measurements of the harness' },
];
