import { asArray, asObject, at, isObject, type JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Listed } from '../discovery/content.ts';
import type { Rules } from '../kernel/payer.ts';
import { matchRules } from '../match/rules.ts';
import { deep } from './respell.ts';
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
    declares: (area) => ({
      ...area,
      instantiates: (area.instantiates ?? []).map(other),
      guides: (area.guides ?? []).map(other),
      operations: (area.operations ?? []).map((each) => ({ ...each, definition: other(each.definition) })),
    }),
    target: (target) => {
      const named = { ...target, guides: { ...target.guides, ...(target.guides?.[guide] === undefined ? {} : { [guide]: version }) } };
      return more.target?.(named) ?? named;
    },
  };
}

const usCore = (version: string): Version => ({ guide: 'hl7.fhir.us.core', version, name: 'US Core' });
const crd = (version: '2.0' | '2.1'): Shape => ({
  id: `crd-${version.replace('.', '-')}`,
  title: `offers CRD ${version}`,
  legalBecause: `CRD ${version} is a published version; rows of 2.2 do not bind it.`,
  rules: { crdVersions: () => [version] },
});

/** HRex 1.0 asks for the member number (type MB), and knows no MemberId. */
const hrex10: Partial<Rules> = {
  tellsMemberId: () => false,
  memberIdentifier: (member, payer) => ({
    ...asObject(matchRules.memberIdentifier(member, payer)),
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MB' }] },
  }),
};

/** Each guide in the older and newer versions that rows know. */
export const versionShapes: readonly Shape[] = [
  ...['3.1.1', '4.0.0', '5.0.1', '7.0.0', '8.0.1'].map(usCore).map(claiming),
  ...[
    { guide: 'hl7.fhir.us.carin-bb', version: '2.1.0', name: 'CARIN Blue Button' },
    { guide: 'hl7.fhir.us.davinci-pdex', version: '2.0.0', name: 'PDex' },
    { guide: 'hl7.fhir.us.davinci-hrex', version: '1.0.0', name: 'HRex', more: { rules: hrex10 } },
    { guide: 'hl7.fhir.us.davinci-atr', version: '2.0.0', name: 'Member Attribution' },
    { guide: 'hl7.fhir.uv.bulkdata', version: '1.0.1', name: 'Bulk Data' },
    { guide: 'hl7.fhir.uv.bulkdata', version: '2.0.0', name: 'Bulk Data' },
    { guide: 'hl7.fhir.uv.smart-app-launch', version: '2.0.0', name: 'SMART App Launch' },
    { guide: 'hl7.fhir.us.davinci-pdex-plan-net', version: '1.1.0', name: 'Plan-Net' },
  ].map(claiming),
  {
    id: 'udap-1-0',
    title: 'follows UDAP Security 1.0',
    legalBecause: 'UDAP Security 1.0 is a published version; rows of 2.0 do not bind it.',
    target: (target) => ({ ...target, ...(target.udap ? { udap: { ...target.udap, version: '1.0' } } : {}) }),
  },
  crd('2.0'),
  crd('2.1'),
];
