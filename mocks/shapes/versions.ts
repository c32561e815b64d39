import { asArray, asObject, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import { editionOf, type Guide, guides, idsOf } from '../../src/core/guides.ts';
import type { Json } from '../../src/core/model.ts';
import type { Listed } from '../discovery/content.ts';
import type { Rules } from '../kernel/payer.ts';
import { matchRules } from '../match/rules.ts';
import { deep, respelt } from './respell.ts';
import type { Shape } from './shape.ts';

interface Version {
  readonly guide: string;
  readonly version: string;
  readonly name: string;
  /** What else the older or newer guide changes for this payer. */
  readonly more?: Omit<Shape, 'id' | 'title' | 'legalBecause'>;
}

const part = (guide: string): string => guide.replace(/^hl7\.fhir\.(us|uv)\./, '');
const folder = (guide: string): string =>
  ({ 'hl7.fhir.uv.smart-app-launch': '/fhir/smart-app-launch/', 'hl7.fhir.uv.bulkdata': '/fhir/uv/bulkdata/' })[guide] ?? `/fhir/us/${part(guide)}/`;

/** The full payer that claims one guide in another version. */
function claiming({ guide, version, name, more = {} }: Version): Shape {
  const other = (canonical: string): string => (canonical.includes(folder(guide)) ? canonical.replace(/\|.*$/, `|${version}`) : canonical);
  const ids = Object.values<Guide>(guides)
    .map(idsOf)
    .find((each) => each.includes(guide)) ?? [guide];
  /** Guides that the directory says an Endpoint follows. */
  const relisted = (value: Json): Json => {
    const publication = asArray(at(value, 'extension')).find((each) => at(each, 'url') === 'ig-publication');
    if (!isObject(value) || `${at(publication, 'valueUri')}/`.endsWith(folder(guide)) === false) return value;
    return {
      ...value,
      extension: asArray(value['extension']).map((each) => (at(each, 'url') === 'ig-version' ? { url: 'ig-version', valueString: version } : each)),
    };
  };
  return {
    id: `${part(guide).replace(/\W/g, '-')}-${version.replaceAll('.', '-')}`,
    title: `claims ${name} ${version}`,
    legalBecause: `${name} ${version} is a published version; a payer may follow it, and rows of other versions do not bind it.`,
    ...more,
    rules: {
      directoryLists: (listed) => deep(listed, relisted) as Listed,
      directoryStates: (statement) => deep(statement, (each) => (typeof each === 'string' ? other(each) : each)) as JsonObject,
      ...more.rules,
    },
    // What its data claim is of the same edition, where it is said of which.
    data: (data) => respelt(data, (text) => (/^http.*\/StructureDefinition\/.*\|\d/.test(text) ? other(text) : text)),
    declares: (area) => ({
      ...area,
      instantiates: (area.instantiates ?? []).map(other),
      guides: (area.guides ?? []).map(other),
      operations: (area.operations ?? []).map((each) => ({ ...each, definition: other(each.definition) })),
    }),
    target: (target) => {
      const said = Object.entries(target.guides ?? {});
      const others = said.filter(([id]) => !ids.includes(id));
      const named = others.length === said.length ? target : { ...target, guides: { ...Object.fromEntries(others), [guide]: version } };
      return more.target?.(named) ?? named;
    },
  };
}

/** HRex 1.0 asks for the member number (type MB), and knows no MemberId. */
const hrex10: Partial<Rules> = {
  tellsMemberId: () => false,
  memberIdentifier: (member, payer) => ({
    ...asObject(matchRules.memberIdentifier(member, payer)),
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MB' }] },
  }),
};

/** What an edition changes beside the version that is stated. */
function changesOf(id: string, version: string): Version['more'] {
  if (id === guides.crd.id) return { rules: { crdVersions: () => [version.replace(/\.\d+$/, '')] } };
  return id === guides.hrex.id && version.startsWith('1.0.') ? { rules: hrex10 } : undefined;
}

/**
 * The full payer, speaking one guide in this published edition (`2.2` is the newest that begins so). Throws where there is no such guide or edition,
 * with those that there are.
 */
export function inEdition(id: string, said: string): Shape {
  const guide = Object.values<Guide>(guides).find((each) => idsOf(each).includes(id));
  if (guide === undefined)
    throw new Error(`--guide ${id}=${said}: expected a guide that this tool knows: ${Object.values<Guide>(guides).flatMap(idsOf).join(', ')}.`);
  const { version } = editionOf(guide, said, id);
  const published: readonly string[] = guide.id === id ? guide.versions : (guide.moved?.versions ?? []);
  if (!published.includes(version)) throw new Error(`--guide ${id}=${said}: expected a published edition of ${guide.name}: ${published.join(', ')}.`);
  const more = changesOf(id, version);
  return claiming({ guide: id, version, name: guide.name, ...(more === undefined ? {} : { more }) });
}

/** Several shapes that change different things, as one. */
export const together = (parts: readonly Shape[]): Shape => ({
  id: parts.map(({ id }) => id).join('-and-'),
  title: parts.map(({ title }) => title).join(', '),
  legalBecause: parts.map(({ legalBecause }) => legalBecause).join(' '),
  rules: {
    ...Object.assign({}, ...parts.map(({ rules }) => rules)),
    directoryLists: (listed) =>
      parts.reduce<Listed | undefined>((so, { rules }) => (so === undefined ? so : (rules?.directoryLists?.(so) ?? so)), listed),
    directoryStates: (statement) => parts.reduce((so, { rules }) => rules?.directoryStates?.(so) ?? so, statement),
  },
  data: (full) => parts.reduce((so, { data }) => data?.(so) ?? so, full),
  declares: (area) => parts.reduce((so, { declares }) => declares?.(so) ?? so, area),
  target: (target) => parts.reduce((so, each) => each.target?.(so) ?? so, target),
});

/** Each guide in the older and newer editions that rows know; the full payer speaks the others. */
const editions: readonly (readonly [guide: Guide, ...versions: readonly string[]])[] = [
  [guides.usCore, '3.1.1', '4.0.0', '5.0.1', '7.0.0', '8.0.1', '9.0.0'],
  [guides.c4bb, '2.1.0', '2.2.0'],
  [guides.pdex, '2.0.0', '2.2.0'],
  [guides.hrex, '1.0.0', '1.2.0'],
  [guides.atr, '2.0.0'],
  [guides.bulk, '1.0.1', '2.0.0', '4.0.0-ballot'],
  [guides.smart, '2.0.0', '2.1.0'],
  [guides.planNet, '1.1.0'],
  [guides.udap, '1.0.0', '1.1.0'],
  [guides.crd, '2.0.1', '2.1.0'],
];
export const versionShapes: readonly Shape[] = editions.flatMap(([{ id }, ...versions]) => versions.map((version) => inEdition(id, version)));
