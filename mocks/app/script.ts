/**
 * The app, as it runs in the browser. Whatever a bad twin, or a twin that is only different, does otherwise is a member of `app`: `twist` replaces some of them.
 * Source: http://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
 */
export const appScript = (origin: string, twist: string): string => `'use strict';
const origin = ${JSON.stringify(origin)};
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const byId = (id) => document.getElementById(id);
const app = {
  ready: async () => undefined,
  configuration: async (iss) => (await fetch(iss + '/.well-known/smart-configuration', { headers: { accept: 'application/json' } })).json(),
  state: () => crypto.randomUUID(),
  challenge: async (verifier) => ({
    code_challenge: base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))),
    code_challenge_method: 'S256',
  }),
  asks: (asks) => asks,
  saved: (state) => JSON.parse(sessionStorage.getItem(state) || 'null'),
  exchange: async (saved, code, change) => fetch(saved.token, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: saved.redirect, client_id: 'plan-questionnaire', code_verifier: saved.verifier, ...change }),
  }),
  granted: (token) => undefined,
  get: async (iss, path, token) => {
    const answer = await fetch(iss + '/' + path, { headers: { accept: 'application/fhir+json', authorization: 'Bearer ' + token } });
    if (answer.status === 401) throw new Error('expired');
    return answer.ok ? answer.json() : undefined;
  },
  waits: () => app.say('Reading the record of your patient …'),
  say: (words) => { byId('said').textContent = words; },
  refused: (description) => app.say('You did not allow this questionnaire to read the record. Open it again and choose Allow, or answer on paper. (' + description + ')'),
  expired: () => app.say('Your session in the record system is over. Please close this window and open the questionnaire again.'),
  stray: () => app.say('This answer belongs to another window. Please close this one and open the questionnaire again.'),
  broken: () => app.say('The record system cannot be reached just now. Please try again in a few minutes.'),
  nameOf: (patient) => { const [name] = patient.name; return [...(name.given || []), name.family].join(' '); },
  context: (told) => told.appContext,
  nothing: () => 'No order is on file for this patient yet, so there is nothing to answer.',
  show: (pairs) => {
    byId('shown').replaceChildren(...pairs.flatMap(([term, text]) => [['dt', term], ['dd', text]].map(([tag, words]) => {
      const element = document.createElement(tag);
      element.textContent = words;
      return element;
    })));
  },
  done: () => undefined,
};
${twist}
async function launch(asked) {
  const iss = asked.get('iss');
  const found = await app.configuration(iss);
  const redirect = origin + '/apps/order';
  const [verifier, state] = [random(), app.state()];
  sessionStorage.setItem(state, JSON.stringify({ iss, token: found.token_endpoint, verifier, redirect }));
  const asks = app.asks({
    response_type: 'code', client_id: 'plan-questionnaire', redirect_uri: redirect, scope: 'launch openid fhirUser patient/Patient.rs patient/ServiceRequest.rs',
    state, aud: iss, launch: asked.get('launch'), ...(await app.challenge(verifier)),
  });
  location.assign(found.authorization_endpoint + '?' + new URLSearchParams(asks));
}
async function read(saved, code) {
  const answer = await app.exchange(saved, code, {});
  if (!answer.ok) return app.broken();
  const told = await answer.json();
  const get = (path) => app.get(saved.iss, path, told.access_token);
  app.granted(told, saved);
  app.waits();
  const patient = await get('Patient/' + told.patient);
  const orders = await get('ServiceRequest?patient=' + told.patient);
  const texts = ((orders && orders.entry) || []).map(({ resource }) => resource.code.coding[0].display || resource.code.coding[0].code);
  app.say('Please answer the questions of the plan.');
  app.show([
    ['Patient', app.nameOf(patient)],
    ['Born', patient.birthDate],
    ['Opened from', app.context(told) || 'the record'],
    ['Ordered', texts.length === 0 ? app.nothing() : texts.join(', ')],
  ]);
  app.done(patient);
}
async function start() {
  const asked = new URLSearchParams(location.search);
  if (asked.has('iss')) return app.ready().then(() => launch(asked));
  if (!asked.has('state')) return;
  const saved = app.saved(asked.get('state'));
  history.replaceState(null, '', location.pathname);
  if (!saved) return app.stray();
  if (asked.has('error')) return app.refused(asked.get('error_description') || asked.get('error'));
  return read(saved, asked.get('code'));
}
start().catch((cause) => (cause.message === 'expired' ? app.expired() : app.broken()));
`;
