import { capabilityOf, hasOperation, resourcesOf } from './capability.ts';
import type { Bound, Evidence } from './check.ts';
import { asArray, asString, at, isObject, jsonOf, type Resource, resourceOf } from './fhir.ts';
import { notAsked, select } from './findings.ts';
import { compareEditions, type Edition, editionOf, type Guide, guides, idsOf } from './guides.ts';
import { memo } from './memo.ts';
import type { Holds, Level, Requirement } from './vocabulary.ts';

/** The one place that decides which rows bind a payer, and at which level: what its own documents say and what the target file claims meet here. */

/** One place that speaks of a guide. */
export interface Said {
  readonly by: 'target file' | 'CapabilityStatement' | 'CDS discovery';
  readonly edition?: Edition;
}

/** A guide that the payer follows; `edition` absent: it does not say which. */
export interface Followed {
  readonly edition?: Edition;
  readonly said: readonly Said[];
}

/** Does the payer follow this guide? A string: why not. `unknown`: it cannot be told. `open`: it says so, but the target file does not say where. */
export function followed(evidence: Evidence, guide: Guide): Followed | Exclude<Bound, true> {
  const own = inTarget(evidence, guide);
  const documents = documentsOf(evidence)(guide);
  // What the tester denies and the payer declares is not asked: it is no choice of the payer's.
  if (own === false)
    return documents.length === 0
      ? `The target file says that the payer does not follow ${guide.name}.`
      : {
          open: `Not asked: the target file denies ${guide.name} (guides: false), and the payer's own documents name it. Take that entry out.`,
          because: 'target-file',
          add: `guides["${guide.id}"]`,
        };
  const said = [...own, ...documents];
  const missing = missingEntry(evidence, guide);
  if (missing !== undefined)
    return said.length > 0
      ? { open: `The payer follows ${guide.name}, but the target file does not say where: add ${missing}.`, because: 'target-file', add: missing }
      : notAsked(missing, `or guides: { "${guide.id}": false } where the payer has no ${guide.of}`);
  if (said.length > 0 || isOffered(evidence, guide)) {
    const edition = said.find((each) => each.edition !== undefined)?.edition;
    return { said, ...(edition === undefined ? {} : { edition }) };
  }
  return statementOf(evidence, guide)
    ? `The ${guide.of ?? 'payer'} does not claim ${guide.name}.`
    : { unknown: `no CapabilityStatement was read, so it is not known whether ${guide.name} is claimed` };
}

/** The entry without which nobody knows where to ask. */
function missingEntry({ target, exchanges }: Evidence, { of }: Guide): string | undefined {
  if (of === 'directory' && target.directory === undefined) return 'directory';
  const found = target.cds !== undefined || exchanges.some((each) => each.step === 'cds.discovery');
  return of === 'cds service' && !found ? 'cds.base' : undefined;
}

/** The statement that speaks for the guide: of the directory for directories, else of the payer. */
function statementOf(evidence: Evidence, { of }: Guide): Resource | undefined {
  if (of !== 'directory') return capabilityOf(evidence);
  const read = select(evidence, { step: 'directory.metadata', where: (each) => each.response?.status === 200 })[0];
  return resourceOf(read, 'CapabilityStatement');
}

/** The version that counts: as the target file says, else as the payer's documents say. */
export function versionOf(evidence: Evidence, guide: Guide): string | undefined {
  const found = followed(evidence, guide);
  return typeof found !== 'string' && 'said' in found ? found.edition?.version : undefined;
}

/** Every version that somebody says the payer follows: several may be supported at once. */
export function versionsOf(evidence: Evidence, guide: Guide): readonly string[] {
  const found = followed(evidence, guide);
  return typeof found === 'string' || !('said' in found) ? [] : [...new Set(found.said.flatMap((each) => each.edition?.version ?? []))];
}

/** Where the target file names another edition than each that the payer's documents name: in words, else undefined. */
export function contradictionIn(evidence: Evidence, guide: Guide): { readonly claimed: string; readonly declared: readonly string[] } | undefined {
  const found = followed(evidence, guide);
  if (typeof found === 'string' || !('said' in found)) return undefined;
  const claimed = found.said.find((each) => each.by === 'target file')?.edition;
  const declared = found.said.flatMap((each) => (each.by !== 'target file' && each.edition ? [each.edition] : []));
  if (claimed === undefined || declared.length === 0 || declared.some((each) => compareEditions(each, claimed) === 0)) return undefined;
  return { claimed: claimed.version, declared: [...new Set(declared.map((each) => each.version))] };
}

/** Does a row bind by the guides that it names, and at which level, where one of them says so? A row that names none binds everybody. */
export function boundByGuides(holds: Requirement['holds'], evidence: Evidence): { readonly bound: Bound; readonly level?: Level } {
  if (holds === undefined || holds.length === 0) return { bound: true };
  const found = holds.map((hold) => ({ bound: boundBy(hold, evidence), ...(hold.level === undefined ? {} : { level: hold.level }) }));
  const best = found.find(({ bound }) => bound === true) ?? found.find(({ bound }) => typeof bound !== 'string');
  return best ?? { bound: [...new Set(found.map(({ bound }) => bound))].join(' ') };
}

/** The level at which a row binds this payer. */
export const levelOf = ({ holds, level }: Pick<Requirement, 'holds' | 'level'>, evidence: Evidence): Level =>
  boundByGuides(holds, evidence).level ?? level;

function boundBy(hold: Holds, evidence: Evidence): Bound {
  const { ig, from, to } = hold;
  const found = followed(evidence, ig);
  if (typeof found === 'string' || !('said' in found)) return found;
  const [first] = ig.versions;
  const everFrom = from === undefined || compareEditions(editionOf(ig, from), { version: first }) <= 0;
  if (to === undefined && everFrom) return true;
  // Who names no edition follows a published one: an end before a ballot leaves them bound.
  if (found.edition === undefined && everFrom && to !== undefined && compareEditions(editionOf(ig, to), { version: newestOf(ig) }) >= 0) return true;
  if (found.edition === undefined) return { unknown: `the payer does not say which version of ${ig.name} it follows` };
  const seen = `The payer follows ${ig.name} ${found.edition.version}`;
  const side = sideOf(hold, found.edition);
  return side === 'within' || (side === 'before' ? `${seen}; this holds from ${from} on.` : `${seen}; this holds up to ${to}.`);
}

/** The newest edition that is no ballot. */
const newestOf = ({ versions }: Guide): string => versions.findLast((each) => !each.includes('ballot')) ?? versions[0];

/** Where an edition lies: within the range of a row, before it or after it. */
export function sideOf({ ig, from, to }: Holds, edition: Edition): 'before' | 'within' | 'after' {
  if (from !== undefined && compareEditions(edition, editionOf(ig, from)) < 0) return 'before';
  return to !== undefined && compareEditions(edition, editionOf(ig, to)) > 0 ? 'after' : 'within';
}

/** What the target file says; false: not followed. */
function inTarget({ target }: Evidence, guide: Guide): readonly Said[] | false {
  const by = 'target file' as const;
  const said: Said[] = [];
  for (const id of idsOf(guide)) {
    const told = target.guides?.[id];
    if (told === false) return false;
    if (typeof told === 'string') said.push({ by, edition: editionOf(guide, told, id) });
    if (told === true) said.push({ by });
  }
  return said;
}

/** Versions of a guide that the payer's own documents name, whatever the target file says. */
export const declaredEditions = (evidence: Evidence, guide: Guide): readonly string[] =>
  documentsOf(evidence)(guide).flatMap(({ edition }) => edition?.version ?? []);

/** Each row that names a guide asks: read once for each. */
const documentsOf = memo((evidence: Evidence) => memo((guide: Guide) => inDocuments(evidence, guide)));

/** What the payer's own documents say: statements first, since profiles of several editions may be supported at once. */
function inDocuments(evidence: Evidence, guide: Guide): readonly Said[] {
  if (guide.of === 'cds service') return inDiscovery(evidence, guide);
  const capability = statementOf(evidence, guide);
  return [
    ...asArray(at(capability, 'implementationGuide')),
    ...asArray(at(capability, 'instantiates')),
    ...resourcesOf(capability).flatMap((each) => asArray(each['supportedProfile'])),
  ].flatMap((each): readonly Said[] => {
    const [canonical = '', version] = (asString(each) ?? '').split('|');
    const nth = guide.canonicals.findIndex((start) => `${canonical}/`.startsWith(start));
    if (nth < 0) return [];
    const by = 'CapabilityStatement' as const;
    return [version !== undefined && /^\d/.test(version) ? { by, edition: editionOf(guide, version, idsOf(guide)[nth]) } : { by }];
  });
}

/** CRD services declare their versions in the discovery answer; the newest counts. */
function inDiscovery(evidence: Evidence, guide: Guide): readonly Said[] {
  const by = 'CDS discovery' as const;
  return select(evidence, { step: 'cds.discovery' })
    .slice(0, 1)
    .flatMap((exchange) => asArray(at(jsonOf(exchange.response), 'services')))
    .flatMap((service) => asArray(at(service, 'extension', 'davinci-crd.version')))
    .flatMap((each) => asString(each)?.match(/^\d+\.\d+/)?.[0] ?? [])
    .map((version) => ({ by, edition: editionOf(guide, version) }) as const)
    .sort((a, b) => compareEditions(b.edition, a.edition));
}

/** Taken on by what is offered, whether or not the guide is named. */
function isOffered(evidence: Evidence, guide: Guide): boolean {
  const { target, exchanges } = evidence;
  if (guide.of === 'cds service') return true;
  const capability = capabilityOf(evidence);
  const declares = (type: string | undefined, name: string): boolean => capability !== undefined && hasOperation(capability, type, name);
  if (guide.id === guides.udap.id) return target.udap !== undefined || exchanges.some(holdsUdapMetadata);
  if (guide.id === guides.smart.id) return target.auth.kind === 'smart-backend';
  if (guide.id === guides.deqm.id) return declares('Measure', 'care-gaps');
  if (guide.id === guides.bulk.id)
    return (['Group', 'Patient', undefined] as const).some((type) => declares(type, 'export')) || declares('Group', 'davinci-data-export');
  return false;
}

const holdsUdapMetadata = ({ step, response }: Evidence['exchanges'][number]): boolean =>
  step === 'udap.metadata' && response?.status === 200 && isObject(jsonOf(response));
