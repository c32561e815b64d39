import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, jsonOf, parseJson } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { ordering } from '../../../src/core/steps.ts';
import { queryOf, sameBase } from '../../../src/core/url.ts';
import { cdsHooks, crd, publication, useCase } from '../../sources.ts';
import { attested, onCase, type Scene, at as step } from '../marks.ts';
import { answeredHook, bodyOf, shared } from './lib.ts';

const certified = publication('45 CFR 170.315', '2025', 'https://www.federalregister.gov/d/2025-14681/');
const feedback = step('cds.feedback');
const words = { lines: ['L2'], scenarios: ordering } as const;
/** Response types of CRD that every client showed until 2.1.0. */
const advice = {
  ...words,
  level: 'SHALL',
  holds: [
    { ig: guides.crd, to: '2.1.0' },
    { ig: guides.crd, from: '2.2.1', level: 'SHOULD' },
  ],
  cases: ['C15'],
} as const;

const cardsOf = (each: Exchange): readonly Json[] => asArray(at(jsonOf(each.response), 'cards'));
/** The code words of the cards of an answer: the word of the case with what each card adds. */
const codesOf = ({ seen, play }: Scene): readonly string[] =>
  cardsOf(seen).flatMap((card) => new RegExp(`${play.word}(-\\w+)?`).exec(asString(at(card, 'summary')) ?? '')?.[0] ?? []);
const told = ({ heard }: Scene): readonly { readonly each: Exchange; readonly said: Json }[] =>
  heard.filter(feedback).flatMap((each) => asArray(at(parseJson(each.request.body), 'feedback')).map((said) => ({ each, said })));

/** What was said of a card is well formed, and about something that was sent. */
function form({ each, said }: { readonly each: Exchange; readonly said: Json }, sent: readonly Json[]): Finding {
  const card = sent.find((one) => at(one, 'uuid') === at(said, 'card'));
  const outcome = at(said, 'outcome');
  const ids = asArray(at(said, 'acceptedSuggestions')).map((one) => at(one, 'id'));
  const known = asArray(at(card, 'suggestions')).map((one) => at(one, 'uuid'));
  const time = asString(at(said, 'outcomeTimestamp')) ?? '';
  return worst([
    check(card !== undefined, each, 'the uuid of a card that was sent', String(at(said, 'card') ?? 'none')),
    check(outcome === 'accepted' || outcome === 'overridden', each, 'outcome accepted or overridden', String(outcome ?? 'none')),
    outcome === 'accepted'
      ? check(ids.length > 0 && ids.every((id) => known.includes(id ?? null)), each, 'ids of suggestions of that card', JSON.stringify(ids))
      : pass,
    check(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(time), each, 'outcomeTimestamp with a zone', time || 'none'),
  ]);
}

/** The link of a card as it was opened. Where nobody told what the screen showed, perhaps nobody was there to open it. */
function opened({ heard, seen, play }: Scene, path: RegExp, what: string): Exchange | Finding {
  const found = heard.find((each) => each.step === 'app-link' && path.test(each.request.url));
  if (found !== undefined) return found;
  return play.shown === undefined
    ? notTestable(`Case ${play.case}: nobody opened the link, and nobody told what the screen showed.`, 'set-up')
    : check(false, seen, what, 'the link was not opened');
}
const isFinding = (found: Exchange | Finding): found is Finding => 'outcome' in found;

/** `shown` has every one of these. */
const showsAll = (scene: Scene, codes: readonly string[]): Finding =>
  attested(scene, pass, (shown) => codes.every((code) => shown.some((line) => line.includes(code))));

export const cardRows: readonly ClientRow[] = [
  {
    id: 'client.crd.no-card-loss',
    text: 'Every card of an answer in time is shown.',
    source: useCase('Requirement line L2 payload'),
    ...words,
    level: 'FAST',
    cases: ['C6'],
    judge: onCase(['C6'], answeredHook, (scene) => showsAll(scene, codesOf(scene))),
    faults: [{ name: 'shows the first card only', behaves: 'shows-one-card' }],
  },
  {
    id: 'client.crd.display',
    text: 'What the payer answers is shown.',
    source: certified('p-6094', '(j)(20) receipt and display'),
    ...words,
    level: 'SHALL',
    cases: ['C6'],
    judge: onCase(['C6'], answeredHook, (scene) => attested(scene, pass)),
    faults: [{ name: 'shows no card', behaves: 'shows-no-card', alsoFails: { 'client.crd.no-card-loss': 'every card is lost' } }],
  },
  {
    id: 'client.crd.feedback',
    text: 'The payer is told which cards were accepted and which overridden.',
    source: cdsHooks('#feedback'),
    ...words,
    level: 'SHOULD',
    cases: ['C6'],
    judge: onCase(['C6'], answeredHook, (scene) => {
      const outcomes = told(scene).map(({ said }) => at(said, 'outcome'));
      if (outcomes.length === 0 && scene.play.shown === undefined)
        return notTestable('Case C6: no feedback came, and nobody told what the screen showed: perhaps no card was answered.', 'set-up');
      return check(outcomes.length >= 2, scene.seen, 'feedback for one accepted and one overridden card', outcomes.map(String).join(', ') || 'none');
    }),
    faults: [{ name: 'gives no feedback', behaves: 'gives-no-feedback' }],
  },
  {
    id: 'client.crd.feedback.form',
    text: 'Feedback names a card that was sent, how it ended, when, and the suggestions that were accepted.',
    source: cdsHooks('#feedback'),
    ...words,
    level: 'SHALL',
    cases: ['C6'],
    judge: onCase(['C6'], answeredHook, (scene) => {
      const all = told(scene);
      const sent = scene.heard.flatMap(cardsOf);
      return all.length === 0 ? notTestable('The client gave no feedback.', 'not-offered') : worstOfAll(all.map((each) => form(each, sent)));
    }),
    faults: [{ name: 'gives feedback "ignored"', behaves: 'unknown-feedback' }],
  },
  {
    id: 'client.crd.selection-behavior',
    text: 'Suggestions of a card with an unknown selectionBehavior cannot be accepted; the other cards are shown.',
    source: cdsHooks('#card-attributes'),
    ...words,
    level: 'SHALL',
    cases: ['C6b'],
    judge: onCase(['C6b'], answeredHook, (scene) => {
      const odd = cardsOf(scene.seen)
        .filter((card) => at(card, 'selectionBehavior') === 'weighted')
        .map((card) => at(card, 'uuid') ?? null);
      const accepted = told(scene).filter(({ said }) => at(said, 'outcome') === 'accepted');
      const taken = accepted.find(({ said }) => odd.includes(at(said, 'card') ?? null));
      if (accepted.length === 0)
        return notTestable('Case C6b: no feedback tells that the good card was accepted, so none about the other one shows nothing.', 'not-offered');
      return attested(
        scene,
        check(taken === undefined, taken?.each ?? scene.seen, 'no suggestion of that card accepted', 'feedback "accepted" for it'),
      );
    }),
    faults: [{ name: 'lets every suggestion be accepted', behaves: 'accepts-anything' }],
  },
  {
    id: 'client.crd.stale-cards',
    text: 'A new answer takes the place of the last one for the same hook.',
    source: cdsHooks('#cds-service-response'),
    ...words,
    level: 'SHOULD',
    cases: ['C6c'],
    judge: onCase(['C6c'], answeredHook, (scene) => {
      const turns = scene.heard.filter((each) => answeredHook(each) && each.request.url === scene.seen.request.url);
      const [old, fresh] = [turns.at(0), turns.at(-1)].map((seen) => (seen === undefined ? [] : codesOf({ ...scene, seen })));
      if (turns.length < 2) return notTestable('Case C6c: the hook was called once, so nothing could be replaced.', 'not-offered');
      const has = (shown: readonly string[], codes: readonly string[] = []): boolean =>
        codes.some((code) => shown.some((line) => line.includes(code)));
      return attested(scene, pass, (shown) => has(shown, fresh) && !has(shown, old));
    }),
    faults: [{ name: 'leaves old cards on the screen', behaves: 'keeps-old-cards' }],
  },
  {
    id: 'client.crd.external-reference',
    text: 'A card with a link to a document is shown, and its link opens.',
    source: crd('cards.html#external-reference-response-type', 'resp-15'),
    ...advice,
    judge: onCase(['C15'], answeredHook, (scene) => {
      const link = opened(scene, /\/app\/guideline/, 'GET of the link of the card');
      return worst([isFinding(link) ? link : pass, showsAll(scene, [`${scene.play.word}-link`])]);
    }),
    faults: [{ name: 'opens no links', behaves: 'opens-no-links' }],
  },
  {
    id: 'client.crd.instructions',
    text: 'A card with instructions is shown.',
    source: crd('cards.html#instructions-response-type', 'resp-15'),
    ...advice,
    judge: onCase(['C15'], answeredHook, (scene) => showsAll(scene, [`${scene.play.word}-instructions`])),
    faults: [{ name: 'shows no instructions', behaves: 'shows-no-instructions' }],
  },
  {
    id: 'client.crd.smart-launch',
    text: 'A link to a SMART app is opened with iss and launch.',
    source: crd('foundation.html#smart-on-fhir-hook-invocation', 'sec-4'),
    ...shared,
    cases: ['C12'],
    judge: onCase(['C12'], answeredHook, (scene) => {
      const launch = opened(scene, /\/app\/launch/, 'GET of the launch URL');
      if (isFinding(launch)) return launch;
      const query = new Map(queryOf(launch.request.url));
      const server = asString(bodyOf(scene.seen)['fhirServer']);
      const iss = query.get('iss') ?? '';
      return worst([
        check(iss !== '' && (server === undefined || sameBase(iss, server)), launch, `iss=${server ?? ''}`, iss || 'no iss'),
        check((query.get('launch') ?? '') !== '', launch, 'launch', 'none'),
      ]);
    }),
    faults: [{ name: 'opens the app as any page', behaves: 'launches-without-iss' }],
  },
  {
    id: 'client.crd.dtr-launch',
    text: 'Where the payer asks for documentation, it can be started from the order.',
    source: crd('cards.html#coverage-information-response-type', 'resp-40'),
    ...shared,
    cases: ['C14'],
    judge: onCase(['C14'], answeredHook, ({ heard, seen, play }) => {
      const started = heard.some((each) => each.step === 'operation' || (each.step === 'app-link' && /launch/.test(each.request.url)));
      const says = (words: RegExp): boolean => play.shown?.some((line) => words.test(line)) === true;
      if (started || says(/\bdtr: (yes|started)\b/i)) return pass;
      return says(/\bdtr: no\b/i)
        ? check(false, seen, '$questionnaire-package or the launch of a DTR app', 'neither, and "DTR: no"')
        : notTestable(
            'Case C14: no questionnaire was asked for, and nobody said whether it could be started (say "DTR: yes" or "DTR: no").',
            'test-data',
          );
    }),
    faults: [{ name: 'offers no documentation', behaves: 'starts-no-dtr' }],
  },
  {
    id: 'client.crd.coverage-info-visible',
    text: 'The person sees the coverage information of the order.',
    source: crd('cards.html#coverage-information-response-type', 'resp-49'),
    ...shared,
    cases: ['C5'],
    judge: onCase(['C5'], answeredHook, (scene) => attested(scene, pass)),
    faults: [{ name: 'shows no coverage information', behaves: 'hides-coverage-information' }],
  },
  {
    id: 'client.crd.suppressed-default',
    text: 'When the payer cannot answer, the person can see that no answer came.',
    source: crd('implementation.html', 'impl-1'),
    ...shared,
    lines: ['L7'],
    cases: ['C7b'],
    judge: (hearing) => {
      // A line that is shown in other cases too says nothing of a failure.
      const usual = new Set(hearing.plays.flatMap((each) => (each.case === 'C7b' ? [] : (each.shown ?? []))));
      return onCase(
        ['C7b'],
        (each) => step('cds.hook')(each) && each.response?.status === 503,
        (scene) => attested(scene, pass, (shown) => shown.some((line) => line.trim() !== '' && !line.startsWith('log ') && !usual.has(line))),
      )(hearing);
    },
    faults: [{ name: 'shows the same as where nothing is needed', behaves: 'hides-failures' }],
  },
];
