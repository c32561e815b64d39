import type { Json } from '../../src/core/model.ts';
import type { MockReply, MockRequest } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import type { Job, Wanted } from './jobs.ts';

/** Reads a kick-off: Bulk Data 3.0.0 parameters by GET or POST. Source: http://hl7.org/fhir/uv/bulkdata/export.html#query-parameters */

type Pair = readonly [name: string, value: string];

/** Parameters of query or body, in order; undefined when the body is no Parameters resource. */
export function pairsOf(request: MockRequest): readonly Pair[] | undefined {
  const query = [...request.query];
  if (request.method !== 'POST') return query;
  try {
    const body = JSON.parse(request.body) as { resourceType?: Json; parameter?: readonly Record<string, Json>[] };
    if (body.resourceType !== 'Parameters') return undefined;
    return [
      ...query,
      ...(body.parameter ?? []).map((each): Pair => {
        const value = Object.entries(each).find(([key]) => key.startsWith('value'))?.[1] ?? '';
        const text = typeof value === 'object' && value !== null ? ((value as { reference?: Json }).reference ?? '') : value;
        return [String(each['name']), String(text)];
      }),
    ];
  } catch {
    return undefined;
  }
}

export const known = [
  '_outputFormat',
  '_since',
  '_until',
  '_type',
  '_typeFilter',
  '_elements',
  'patient',
  'exportType',
  'includeAssociatedData',
  'organizeOutputBy',
  'allowPartialManifests',
] as const;

export const formats = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'];
export const associatedData = ['LatestProvenanceResources', 'RelevantProvenanceResources'];
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A moment that there is: a day of the calendar, an hour of the day, an offset of at most fourteen hours. */
function isInstant(text: string): boolean {
  const [, day = '', offset = 'Z'] = /^(\d{4}-\d{2}-\d{2})T.*?(Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  if (!instant.test(text) || Number.isNaN(Date.parse(text)) || Number.isNaN(Date.parse(day))) return false;
  return new Date(day).toISOString().slice(0, 10) === day && (offset === 'Z' || Math.abs(Number(offset.slice(0, 3))) <= 14);
}

export const refusal = (name: string, text: string, code = 'invalid', status = 400): MockReply =>
  outcome({ status, code, text, expression: `http.${name}` });

export const remark = (name: string, text: string): Json => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'warning', code: 'not-supported', details: { text }, expression: [`http.${name}`] }],
});

/** What is wanted, with what was left out of it (lenient handling), or the refusal. */
export function readParameters(
  pairs: readonly Pair[],
  context: { readonly operation: Job['operation']; readonly lenient: boolean; readonly isType: (type: string) => boolean },
): { readonly wanted: Wanted; readonly remarks: readonly Json[] } | MockReply {
  const { lenient, isType } = context;
  const remarks: Json[] = [];
  const all = (name: string): readonly string[] => pairs.filter(([key]) => key === name).map(([, value]) => value);
  const list = (name: string): readonly string[] =>
    all(name)
      .flatMap((value) => value.split(','))
      .map((value) => value.trim())
      .filter((value) => value !== '');
  for (const [name] of pairs) {
    if ((known as readonly string[]).includes(name)) continue;
    if (!lenient)
      return refusal(name, `The parameter ${name} is not supported here. Leave it out, or send Prefer: handling=lenient.`, 'not-supported');
    remarks.push(remark(name, `The parameter ${name} is not supported and was ignored.`));
  }
  const format = all('_outputFormat')[0];
  if (format !== undefined && !formats.includes(format))
    return refusal('_outputFormat', `The format ${format} cannot be produced. Use application/fhir+ndjson.`, 'not-supported');
  const since = all('_since')[0];
  const until = all('_until')[0];
  for (const [name, value] of [
    ['_since', since],
    ['_until', until],
  ] as const)
    if (value !== undefined && !isInstant(value))
      return refusal(name, `${name} must be a FHIR instant with a time zone, such as 2026-01-05T08:00:00Z. Correct it and send the request again.`);
  const types = list('_type');
  const unsupported = types.filter((type) => !isType(type));
  if (unsupported.length > 0) {
    const text = `The resource type ${unsupported.join(', ')} in _type is not supported by this export.`;
    if (!lenient) return refusal('_type', `${text} Leave it out and send the request again.`, 'not-supported');
    remarks.push(remark('_type', text));
  }
  const typeFilters = all('_typeFilter');
  const organizedBy = all('organizeOutputBy')[0];
  if (organizedBy !== undefined && organizedBy !== 'Patient')
    return refusal('organizeOutputBy', `Output can be organized by Patient only, not by ${organizedBy}.`, 'not-supported');
  const associated = list('includeAssociatedData');
  const strange = associated.find((value) => !associatedData.includes(value));
  if (strange !== undefined && !lenient)
    return refusal(
      'includeAssociatedData',
      `${strange} is no associated data that can be included. Correct the value or leave it out, then send the request again.`,
      'not-supported',
    );
  const exportType = all('exportType')[0];
  const patients = all('patient').map((value) => value.replace(/^.*Patient\//, ''));
  const kept = types.filter(isType);
  return {
    remarks,
    wanted: {
      ...(types.length === 0 ? {} : { types: kept }),
      typeFilters,
      ...(list('_elements').length === 0 ? {} : { elements: list('_elements') }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(patients.length === 0 ? {} : { patients }),
      ...(exportType === undefined ? {} : { exportType }),
      associated,
      ...(organizedBy === undefined ? {} : { organizedBy }),
      partialManifests: all('allowPartialManifests')[0] === 'true',
    },
  };
}
