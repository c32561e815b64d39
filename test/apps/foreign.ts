import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Small apps built on SMART libraries of others: what their authors' examples show, and nothing to please us. */

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title></head><body><main><h1>App</h1>${body}</main></body></html>`;

/** fhirclient, the JavaScript client of SMART Health IT: its two pages as in its README. */
const fhirclient = {
  '/fhirclient/launch.html': page(
    `<script src="/fhirclient.js"></script><script>FHIR.oauth2.authorize({ clientId: 'foreign', scope: 'launch openid fhirUser patient/*.read', redirectUri: 'index.html' });</script>`,
  ),
  '/fhirclient/index.html': page(`<p id="said">Loading</p><script src="/fhirclient.js"></script><script>
FHIR.oauth2.ready()
  .then((client) => Promise.all([client.patient.read(), client.request('ServiceRequest?patient=' + client.patient.id)]))
  .then(([patient, orders]) => { said.textContent = patient.name[0].given.join(' ') + ' ' + patient.name[0].family + ', orders: ' + orders.total; })
  .catch((cause) => { said.textContent = cause.message; });
</script>`),
};

/** oauth4webapi for authorization and MedplumClient for FHIR: two libraries that know nothing of each other. */
const oauth4webapi = `
import * as oauth from 'oauth4webapi';
import { MedplumClient } from '@medplum/core';
const open = { [oauth.allowInsecureRequests]: true };
const client = { client_id: 'foreign' };
const redirect = location.origin + '/oauth4webapi/app.html';
const say = (words) => { document.getElementById('said').textContent = words; };
async function server(iss) {
  const read = await (await fetch(iss + '/.well-known/smart-configuration', { headers: { accept: 'application/json' } })).json();
  return { ...read, issuer: read.issuer ?? iss };
}
async function launch(asked) {
  const iss = asked.get('iss');
  const as = await server(iss);
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  sessionStorage.setItem('launch', JSON.stringify({ iss, verifier, state }));
  const url = new URL(as.authorization_endpoint);
  for (const [name, value] of Object.entries({
    response_type: 'code', client_id: client.client_id, redirect_uri: redirect, scope: 'launch patient/*.rs', aud: iss, launch: asked.get('launch'), state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })) url.searchParams.set(name, value);
  location.assign(url);
}
async function back() {
  const { iss, verifier, state } = JSON.parse(sessionStorage.getItem('launch'));
  const as = await server(iss);
  const params = oauth.validateAuthResponse(as, client, new URL(location.href), state);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), params, redirect, verifier, open);
  const told = await oauth.processAuthorizationCodeResponse(as, client, answer);
  const medplum = new MedplumClient({ baseUrl: iss + '/', fhirUrlPath: '', accessToken: told.access_token, fetch: window.fetch.bind(window) });
  const patient = await medplum.readResource('Patient', told.patient);
  const orders = await medplum.search('ServiceRequest', 'patient=' + told.patient);
  say(patient.name[0].given.join(' ') + ' ' + patient.name[0].family + (orders.total === 0 ? ': nothing was ordered for this patient so far' : ', orders: ' + orders.total));
}
const asked = new URLSearchParams(location.search);
(asked.has('iss') ? launch(asked) : back()).catch(() => say('This did not work. Please close the window and open it from the record again.'));
`;

export interface Foreign {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves them on loopback: `/fhirclient/launch.html` and `/oauth4webapi/app.html`. */
export async function serveForeign(): Promise<Foreign> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const bundle = await build({
    stdin: { contents: oauth4webapi, resolveDir: root },
    ...{ bundle: true, write: false, format: 'iife', platform: 'browser', logLevel: 'silent', minify: true },
  });
  const files: Readonly<Record<string, string>> = {
    ...fhirclient,
    '/fhirclient.js': readFileSync(new URL('../../node_modules/fhirclient/build/fhir-client.min.js', import.meta.url), 'utf8'),
    '/oauth4webapi/app.html': page('<p id="said">Loading</p><script src="/oauth4webapi.js"></script>'),
    '/oauth4webapi.js': bundle.outputFiles?.[0]?.text ?? '',
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const body = files[path];
    response
      .writeHead(body === undefined ? 404 : 200, { 'content-type': `${path.endsWith('.js') ? 'text/javascript' : 'text/html'}; charset=utf-8` })
      .end(body ?? 'no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
