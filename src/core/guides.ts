import { compareVersions } from './versions.ts';

/**
 * The guides that rows speak of, with their published editions in order. A new edition is one entry here: rows without an upper end hold for it, and
 * `list requirements --guide` shows which.
 */
export interface Guide {
  readonly name: string;
  /** Package id: the key in the target file and the end of most canonicals. */
  readonly id: string;
  /** What its canonicals begin with; more than one where the guide has moved. */
  readonly canonicals: readonly [string, ...string[]];
  readonly versions: readonly [string, ...string[]];
  /** Whose guide it is when not the FHIR server's: its documents are looked at then. */
  readonly of?: 'directory' | 'cds service';
  /** Where the guide went on under another id: that id's editions come after all of its own. */
  readonly moved?: { readonly id: string; readonly versions: readonly [string, ...string[]] };
}

const hl7 = (path: string): readonly [string] => [`http://hl7.org/fhir/${path}/`];

/** The guides by our short names. */
export const guides = {
  usCore: {
    name: 'US Core',
    id: 'hl7.fhir.us.core',
    canonicals: hl7('us/core'),
    versions: ['3.1.1', '4.0.0', '5.0.1', '6.0.0', '6.1.0', '7.0.0', '8.0.1', '9.0.0'],
  },
  pdex: { name: 'PDex', id: 'hl7.fhir.us.davinci-pdex', canonicals: hl7('us/davinci-pdex'), versions: ['1.0.0', '2.0.0', '2.1.0', '2.2.0'] },
  hrex: { name: 'HRex', id: 'hl7.fhir.us.davinci-hrex', canonicals: hl7('us/davinci-hrex'), versions: ['1.0.0', '1.1.0', '1.2.0'] },
  c4bb: {
    name: 'CARIN Blue Button',
    id: 'hl7.fhir.us.carin-bb',
    canonicals: hl7('us/carin-bb'),
    versions: ['1.1.0', '1.2.0', '2.0.0', '2.1.0', '2.2.0'],
  },
  atr: { name: 'Member Attribution (ATR)', id: 'hl7.fhir.us.davinci-atr', canonicals: hl7('us/davinci-atr'), versions: ['1.0.0', '2.0.0', '2.1.0'] },
  crd: {
    name: 'CRD',
    id: 'hl7.fhir.us.davinci-crd',
    canonicals: hl7('us/davinci-crd'),
    versions: ['1.0.0', '2.0.1', '2.1.0', '2.2.1'],
    of: 'cds service',
  },
  bulk: {
    name: 'Bulk Data Access',
    id: 'hl7.fhir.uv.bulkdata',
    canonicals: hl7('uv/bulkdata'),
    versions: ['1.0.1', '2.0.0', '3.0.0', '4.0.0-ballot'],
  },
  smart: {
    name: 'SMART App Launch',
    id: 'hl7.fhir.uv.smart-app-launch',
    canonicals: hl7('smart-app-launch'),
    versions: ['1.0.0', '2.0.0', '2.1.0', '2.2.0'],
  },
  planNet: {
    name: 'Plan-Net',
    id: 'hl7.fhir.us.davinci-pdex-plan-net',
    canonicals: hl7('us/davinci-pdex-plan-net'),
    versions: ['1.0.0', '1.1.0', '1.2.0', '2.0.0-ballot'],
    of: 'directory',
  },
  identityMatching: {
    name: 'Identity Matching',
    id: 'hl7.fhir.us.identity-matching',
    canonicals: hl7('us/identity-matching'),
    versions: ['1.0.0', '2.0.0'],
  },
  deqm: {
    name: 'DEQM',
    id: 'hl7.fhir.us.davinci-deqm',
    canonicals: [...hl7('us/davinci-deqm'), ...hl7('uv/deqm')],
    versions: ['3.1.0', '4.0.0', '5.0.0'],
    moved: { id: 'hl7.fhir.uv.deqm', versions: ['1.0.0'] },
  },
  udap: {
    name: 'UDAP Security',
    id: 'hl7.fhir.us.udap-security',
    canonicals: [...hl7('us/udap-security'), ...hl7('uv/fast-security')],
    versions: ['1.0.0', '1.1.0', '2.0.0'],
    moved: { id: 'hl7.fhir.uv.fast-security', versions: ['3.0.0-ballot'] },
  },
  ndh: { name: 'National Directory', id: 'hl7.fhir.us.ndh', canonicals: hl7('us/ndh'), versions: ['1.0.0'], of: 'directory' },
} as const satisfies Record<string, Guide>;

/** An edition of a guide, e.g. of `hl7.fhir.uv.deqm` though the guide began as `hl7.fhir.us.davinci-deqm`. */
export interface Edition {
  readonly version: string;
  /** True where it is counted under the id to which the guide has moved. */
  readonly moved?: boolean;
}

/** Negative, zero or positive as a is older than, equal to or newer than b. */
export const compareEditions = (a: Edition, b: Edition): number =>
  Number(a.moved ?? false) - Number(b.moved ?? false) || compareVersions(a.version, b.version);

/** `2.2` is the newest published edition that begins so; a full version stays as it is, also one that this tool does not know. */
export function editionOf(guide: Guide, said: string, id: string = guide.id): Edition {
  const moved = guide.moved?.id === id;
  const published = moved ? (guide.moved?.versions ?? []) : guide.versions;
  const version = /^\d+(\.\d+)?$/.test(said) ? (published.findLast((each) => each === said || each.startsWith(`${said}.`)) ?? said) : said;
  return moved ? { version, moved } : { version };
}

/** Ids under which a guide may be named. */
export const idsOf = (guide: Guide): readonly string[] => (guide.moved ? [guide.id, guide.moved.id] : [guide.id]);
