import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { CardKind } from './table.ts';

const topics = 'http://terminology.hl7.org/CodeSystem/cdshooks-card-type';

/** A UUID that is the same for the same words: repeated calls show repeated cards. */
export function stableUuid(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('\n')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface CardSetting {
  readonly origin: string;
  readonly payer: string;
  readonly order: JsonObject;
  readonly display: string;
  readonly seed: string;
  /** Id of a Binary on file. */
  readonly result: string;
}

/** One card of each kind the use case names: links to documents and apps, a plain reminder, a resource the clinician may take. */
export function card(kind: CardKind, { origin, payer, order, display, seed, result }: CardSetting): Json {
  const base = (summary: string, topic: string, detail: string): JsonObject => ({
    uuid: stableUuid(seed, kind, String(order['id'])),
    summary,
    indicator: 'info',
    detail,
    source: { label: payer, topic: { system: topics, code: topic } },
    extension: { 'davinci-crd.associated-resource': [`${order['resourceType']}/${order['id']}`] },
  });
  switch (kind) {
    case 'guideline':
      return {
        ...base('Imaging guideline available', 'guideline', `The plan's imaging guideline covers ${display}.`),
        links: [{ label: 'Guideline (PDF)', url: `${origin}/cds/guides/mri`, type: 'absolute' }],
      };
    case 'binary':
      return {
        ...base('Earlier result on file', 'clinical-reminder', `A result that may answer the question behind ${display} is on file.`),
        links: [{ label: 'Result as document', url: `${origin}/fhir/Binary/${result}`, type: 'absolute' }],
      };
    case 'app':
      return {
        ...base('Complete the documentation', 'dtr-clin', `Answer the plan's questions for ${display} here.`),
        links: [{ label: 'Open the questionnaire', url: `${origin}/cds/launch`, type: 'smart', appContext: `order=${order['id']}` }],
      };
    case 'reminder':
      return base(
        'Prior authorisation is on file',
        'clinical-reminder',
        `Nothing more is needed for ${display}: it was authorised on an earlier visit.`,
      );
    case 'alternative':
      return {
        ...base('A covered alternative exists', 'therapy-alternatives-opt', `${display} is not covered. Physiotherapy is.`),
        selectionBehavior: 'any',
        suggestions: [
          {
            label: 'Order physiotherapy instead',
            uuid: stableUuid(seed, 'suggestion', String(order['id'])),
            actions: [{ type: 'create', description: 'Add an order for therapeutic exercises', resource: alternativeFor(order) }],
          },
        ],
      };
  }
}

function alternativeFor(order: JsonObject): Json {
  const { id: _id, extension: _extension, ...rest } = order;
  return { ...rest, code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '97110', display: 'Therapeutic exercises' }] } };
}
