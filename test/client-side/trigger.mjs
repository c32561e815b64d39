// A stock SMART backend client in one file: what docs/client.md shows. It knows nothing of payer-assay but the environment variables of a trigger.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const {
  PAYER_FHIR_BASE: base,
  PAYER_TOKEN_URL: tokenUrl,
  PAYER_CLIENT_ID: clientId,
  PAYER_PATIENT_ID: patient,
  PAYER_KEY_PEM: pem,
  PAYER_KEY_ID: kid,
} = process.env;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const head = part({ alg: 'ES384', kid, typ: 'JWT' });
const claims = part({ iss: clientId, sub: clientId, aud: tokenUrl, jti: randomUUID(), iat: now, exp: now + 240 });
const key = { key: createPrivateKey(readFileSync(pem, 'utf8')), dsaEncoding: 'ieee-p1363' };
const assertion = `${head}.${claims}.${sign('sha384', Buffer.from(`${head}.${claims}`), key).toString('base64url')}`;
const answer = await fetch(tokenUrl, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'system/Patient.rs system/Observation.rs',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }),
});
const { access_token: token } = await answer.json();
const headers = { authorization: `Bearer ${token}`, accept: 'application/fhir+json' };
await fetch(`${base}/metadata`, { headers: { accept: 'application/fhir+json' } });
let next = `${base}/Observation?patient=${patient}&category=laboratory`;
while (next) {
  const page = await (await fetch(next, { headers })).json();
  for (const { details } of page.issue ?? []) console.log(details?.text);
  next = page.link?.find(({ relation }) => relation === 'next')?.url;
}
