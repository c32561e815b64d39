import { asArray, asString, at, type JsonObject, type Resource } from '../../src/core/fhir.ts';
import type { MockReply, PayerState } from '../kernel/payer.ts';
import { json, outcome } from '../kernel/replies.ts';
import { card } from './cards.ts';
import { type Assertion, alreadySaid, codeOf, extensionUrl, informationFor, withoutPolicy } from './coverage-information.ts';
import { earlierResult, hasEnded, identityOf, isMember } from './members.ts';
import type { Given } from './query.ts';
import { policyFor } from './table.ts';

export interface Subject {
  readonly given: Given;
  /** The EHR refused what we needed to know. */
  readonly refused: boolean;
}

const primary = ['order-sign', 'order-dispatch', 'appointment-book'];

/** Cards and system actions for the orders of one call, one piece of coverage information for each coverage. */
export function answer(body: JsonObject, hook: string, orders: readonly Resource[], { given, refused }: Subject, payer: PayerState): MockReply {
  const { rules, origin, data } = payer;
  const coverages = [...given.resources.values()].filter((each) => each.resourceType === 'Coverage');
  const strangers = coverages.filter((each) => !isMember(each, data));
  if (strangers.length > 0 && !rules.crdReportsMissingMember())
    return outcome({ status: 404, code: 'not-found', text: 'No member has this card. Check the member id on the card.' });
  const day = new Date(payer.now() * 1000).toISOString().slice(0, 10);
  const inform = (order: Resource, coverage: Resource | undefined): JsonObject => {
    const assertion: Assertion = { coverage: `Coverage/${coverage?.['id'] ?? 'unknown'}`, day, primary: primary.includes(hook) };
    if (refused && !rules.crdGuessesAfterRefusedQuery()) {
      return withoutPolicy(
        order,
        assertion,
        'indeterminate',
        'technical',
        'The EHR refused our query for the Coverage or Patient. Check its access token, or send both in prefetch.',
      );
    }
    if (coverage && !isMember(coverage, data))
      return withoutPolicy(order, assertion, 'not-covered', 'no-member-found', 'No member has this card. Check the member id on the card.');
    if (coverage && hasEnded(coverage, day) && rules.crdReportsEndedCoverage()) {
      return withoutPolicy(order, assertion, 'not-covered', 'no-active-coverage', 'This coverage has ended. Ask the member for the new card.');
    }
    return informationFor(order, assertion);
  };
  const configuration = (code: string) => at(body, 'extension', 'davinci-crd.configuration', code) !== false || !rules.crdHonoursConfiguration();
  const systemActions = orders.flatMap((order) => {
    const information = (coverages.length > 0 ? coverages : [undefined]).map((coverage) => inform(order, coverage));
    if (!configuration('coverage-info') || (information.every((each) => alreadySaid(order, each)) && !rules.crdRepeatsAssertions())) return [];
    const others = asArray(order['extension']).filter((each) => at(each, 'url') !== extensionUrl);
    return [
      {
        type: 'update',
        description: 'Add coverage information to the order',
        resource: rules.crdReshape({ ...order, extension: [...others, ...information] }),
      },
    ];
  });
  const offer = !refused && coverages.length > 0 && strangers.length === 0 && configuration('guideline');
  const result = earlierResult(coverages, data);
  const seed = String(at(body, 'context', 'patientId'));
  const cards = (offer ? orders : []).flatMap((order) =>
    (policyFor(codeOf(order)).cards ?? [])
      .filter((kind) => kind !== 'binary' || result !== undefined)
      .map((kind) => card(kind, { origin, payer: identityOf(data).name, order, display: displayOf(order), seed, result: result ?? '' })),
  );
  return json({ cards, ...(systemActions.length > 0 ? { systemActions } : {}) });
}

const displayOf = (order: Resource): string => asString(at(order, 'code', 'coding', 0, 'display')) ?? codeOf(order);
