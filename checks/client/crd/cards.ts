import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, jsonOf, parseJson } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { ordering } from '../../../src/core/steps.ts';
import { queryOf } from '../../../src/core/url.ts';
import { cdsHooks, crd, publication, useCase } from '../../sources.ts';
import { attested, onCase, type Scene, at as step } from '../marks.ts';
import { answeredHook, bodyOf, shared } from './lib.ts';

const certified = publication('45 CFR 170.315', '2025', 'https://www.federalregister.gov/d/2025-14681/');
const feedback = step('cds.feedback');
const words = { lines: ['L2'], scenarios: ordering } as const;

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
      const taken = told(scene).find(({ said }) => odd.includes(at(said, 'card') ?? null) && at(said, 'outcome') === 'accepted');
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
      const turns = scene.heard.filter(answeredHook);
      if (turns.length < 2) return notTestable('Case C6c: the hook was called once, so nothing could be replaced.', 'not-offered');
      return attested(
        scene,
        pass,
        (shown) =>
          shown.some((line) => line.includes(`${scene.play.word}-${turns.length}`)) && !shown.some((line) => line.includes(`${scene.play.word}-1`)),
      );
    }),
    faults: [{ name: 'leaves old cards on the screen', behaves: 'keeps-old-cards' }],
  },
  {
    id: 'client.crd.external-reference',
    text: 'A card with a link to a document is shown, and its link opens.',
    source: crd('cards.html#external-reference-response-type', 'resp-15'),
    ...words,
    level: 'SHALL',
    holds: [
      { ig: guides.crd, to: '2.1.0' },
      { ig: guides.crd, from: '2.2.1', level: 'SHOULD' },
    ],
    cases: ['C15'],
    judge: onCase(['C15'], answeredHook, (scene) =>
      worst([
        check(
          scene.heard.some((each) => each.step === 'app-link' && /\/app\/guideline/.test(each.request.url)),
          scene.seen,
          'GET of the link of the card',
          'none',
        ),
        showsAll(scene, [`${scene.play.word}-link`]),
      ]),
    ),
    faults: [{ name: 'opens no links', behaves: 'opens-no-links' }],
  },
  {
    id: 'client.crd.instructions',
    text: 'A card with instructions is shown.',
    source: crd('cards.html#instructions-response-type', 'resp-15'),
    ...words,
    level: 'SHALL',
    holds: [
      { ig: guides.crd, to: '2.1.0' },
      { ig: guides.crd, from: '2.2.1', level: 'SHOULD' },
    ],
    cases: ['C15'],
    judge: onCase(['C15'], answeredHook, (scene) => showsAll(scene, [`${scene.play.word}-instructions`])),
    faults: [{ name: 'shows no instructions', behaves: 'shows-no-instructions' }],
  },
  {
    id: 'client.crd.smart-launch',
    text: 'A link to a SMART app is opened with iss and launch.',
    source: crd('foundation.html#smart-on-fhir-hook-invocation', 'sec-4'),
    ...shared,
    cases: ['C12'],
    judge: onCase(['C12'], answeredHook, ({ heard, seen, play }) => {
      const launch = heard.find((each) => each.step === 'app-link' && /\/app\/launch/.test(each.request.url));
      if (launch === undefined)
        return play.shown === undefined
          ? notTestable('Case C12: nobody opened the app.', 'set-up')
          : check(false, seen, 'GET of the launch URL', 'the link was not opened');
      const query = new Map(queryOf(launch.request.url));
      const server = asString(bodyOf(seen)['fhirServer']);
      const iss = query.get('iss') ?? '';
      return worst([
        check(
          iss !== '' && (server === undefined || iss.replace(/\/+$/, '') === server.replace(/\/+$/, '')),
          launch,
          `iss=${server ?? ''}`,
          iss || 'no iss',
        ),
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
      if (started || play.shown?.some((line) => /dtr: (yes|started)/i.test(line)) === true) return pass;
      return play.shown === undefined
        ? notTestable(
            'Case C14: no questionnaire was asked for, and nobody said whether it could be started (say "DTR: yes" or "DTR: no").',
            'test-data',
          )
        : check(false, seen, '$questionnaire-package or the launch of a DTR app', 'neither');
    }),
    faults: [{ name: 'offers no documentation', behaves: 'starts-no-dtr' }],
  },
  {
    id: 'client.crd.coverage-info-visible',
    text: 'The person sees the coverage information of the order.',
    source: crd('cards.html#coverage-information-response-type', 'resp-49'),
    ...shared,
    cases: ['C5'],
    judge: onCase(['C5'], answeredHook, (scene) =>
      attested(scene, pass, (shown) => shown.some((line) => line.includes(`covers it (${scene.play.word})`) || line.trim() === scene.play.word)),
    ),
    faults: [{ name: 'shows no coverage information', behaves: 'hides-coverage-information' }],
  },
  {
    id: 'client.crd.suppressed-default',
    text: 'When the payer cannot answer, the person can see that no answer came.',
    source: crd('implementation.html', 'impl-1'),
    ...shared,
    lines: ['L7'],
    cases: ['C7b'],
    judge: onCase(
      ['C7b'],
      (each) => step('cds.hook')(each) && each.response?.status === 503,
      (scene) => attested(scene, pass, (shown) => shown.some((line) => line.trim() !== '' && !line.startsWith('log '))),
    ),
    faults: [{ name: 'shows the same as where nothing is needed', behaves: 'hides-failures' }],
  },
];
