import { asArray, asString, at, entriesOf, isResource, jsonOf, parameterOf } from '../../src/core/fhir.ts';
import { judgeAll, notReached, notTestable, reasonIn, select, statusOf, unanswered, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, Json, Variant } from '../../src/core/model.ts';

/** Reading the answers of $match and $idi-match alike. */

const gradeUrl = 'http://hl7.org/fhir/StructureDefinition/match-grade';

/** The searchset: bare from $match, wrapped from $idi-match. */
export function matchBundle(exchange: Exchange): Json | undefined {
  const body = jsonOf(exchange.response);
  const bundle = isResource(body, 'Parameters') ? parameterOf(body, 'IDIMatchBundle')?.['resource'] : body;
  return isResource(bundle, 'Bundle') ? bundle : undefined;
}

export interface Match {
  readonly id: string;
  readonly score: Json | undefined;
  readonly grade: string | undefined;
  /** True when Patient.link joins the record to others of the same person. */
  readonly linked: boolean;
}

/** Patient entries in order. */
export function matchesIn(exchange: Exchange): readonly Match[] {
  return asArray(at(matchBundle(exchange), 'entry'))
    .filter((entry) => at(entry, 'resource', 'resourceType') === 'Patient')
    .map((entry) => ({
      id: asString(at(entry, 'resource', 'id')) ?? '',
      score: at(entry, 'search', 'score'),
      grade: asString(
        at(
          asArray(at(entry, 'search', 'extension')).find((each) => at(each, 'url') === gradeUrl),
          'valueCode',
        ),
      ),
      linked: asArray(at(entry, 'resource', 'link')).length > 0,
    }));
}

export const organizationsIn = (exchange: Exchange): number =>
  entriesOf(matchBundle(exchange)).filter((each) => each.resource?.resourceType === 'Organization').length;

/** Does the operation answer an honest question about the known member? */
const works = (evidence: Evidence, step: 'match' | 'idi-match'): boolean => {
  const known = select(evidence, { step, variant: 'known' });
  // An answer that is no Bundle at all is the matter of id.match.output-bundle; an empty one has found nobody.
  return known.some((each) => statusOf(each) === 200 && (matchBundle(each) === undefined || matchesIn(each).length > 0));
};

type Judge = (exchange: Exchange, evidence: Evidence) => Finding;

/** Judges the answers of one variant, from the operations that work. */
export const onVariant =
  <S extends 'match' | 'idi-match'>(steps: readonly [S, ...S[]], variant: Variant<S>, judge: Judge): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const asked = steps.flatMap((step) => select(evidence, { step, variant }));
    const [first] = asked;
    if (!first) return notReached(evidence, { step: steps[0], variant });
    const usable = asked.filter((each) => works(evidence, each.step as 'match'));
    if (usable.length === 0) {
      const known = steps.flatMap((step) => select(evidence, { step, variant: 'known' as Variant<S> })).at(-1);
      const told = known ? ` (status ${statusOf(known)}${reasonIn(known)})` : '';
      return (
        (known && unanswered(known)) ??
        notTestable(`The match operation does not find the known member${told}, so its other answers mean nothing.`, 'payer')
      );
    }
    return judgeAll(usable, (exchange) => judge(exchange, evidence));
  };

/** Judges every answered match of an operation. */
export const onAllMatches =
  (steps: readonly ('match' | 'idi-match')[], judge: Judge): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const answered = steps.flatMap((step) => select(evidence, { step, where: (each) => statusOf(each) === 200 && matchBundle(each) !== undefined }));
    const telling = answered.filter((each) => matchesIn(each).length > 0);
    if (telling.length > 0) return worst(answered.map((exchange) => judge(exchange, evidence)));
    return notTestable(`No answer of ${steps.join(' or ')} holds a Bundle with a Patient to judge by.`, 'payer');
  };
