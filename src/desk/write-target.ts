import type { Found } from './look.ts';

/** What a new target file is made of. */
export interface Answers {
  readonly name: string;
  readonly base: string;
  readonly auth: 'smart-backend' | 'client-secret' | 'none';
  readonly clientId: string;
  /** Name of the environment variable that holds the key or the secret. */
  readonly secretEnv: string;
  readonly scope: string;
  readonly found?: Found;
}

/** The text of a target file with a comment on everything that is to be decided. Valid as it stands; what is commented out makes more rows testable. */
export function targetText({ name, base, auth, clientId, secretEnv, scope, found }: Answers): string {
  const said =
    found === undefined ? 'It did not answer when this file was made.' : `It is ${clean(found.software)}, FHIR ${clean(found.fhirVersion)}.`;
  const guides = Object.entries(found?.guides ?? {});
  return `{
  // A target file of payer-assay: one payer, as the harness needs to know it. All properties: docs/target.md, or payer-assay explain target.NAME
  "name": ${JSON.stringify(name)},

  // ${said}
  "fhir": { "base": ${JSON.stringify(base)} },

  // How we prove who we are. Secrets stand here by name only: { "env": NAME } or { "file": "./path" } counted from this file.
${authText(auth, clientId, secretEnv, scope)}

  // Synthetic people to ask about. "patient" is what a clinic knows; "patientId" is the payer's own id, where you know it; "coverage" is the card: it is sent in
  // $member-match and CDS Hooks, and may be left out where the payer has neither. Without a known member most of the rows on data cannot be tested.
  "members": {
    // "known": {
    //   "patientId": "123",
    //   "patient": {
    //     "resourceType": "Patient",
    //     "identifier": [{ "system": "https://payer.example/member", "value": "SYN-000123" }],
    //     "name": [{ "family": "Testcase", "given": ["Anna"] }],
    //     "gender": "female",
    //     "birthDate": "1971-03-09"
    //   }
    // }
  },

  // Guides and editions that the payer follows: rows of others do not bind it.${guides.length === 0 ? ' It declares none that we know.' : ' As it declares them:'}
  "guides": {${guides.length === 0 ? '' : `\n${guides.map(([id, edition]) => `    ${JSON.stringify(id)}: ${JSON.stringify(edition)}`).join(',\n')}\n  `}},

  // Time limits that were agreed, ms. Without them times are shown and judged by none.
  // "agreement": { "limits": { "search": { "p95": 2000 } } },

  // A run reads only. What it may do beyond that:
  "allow": { "writes": false, "registration": false, "bruteForce": false, "load": false }

  // In CI: fewer verified requirements than this are no success, whatever their verdicts.
  // "minVerified": 100
}
`;
}

function authText(auth: Answers['auth'], clientId: string, env: string, scope: string): string {
  const asked = scope === '' ? '' : `, "scope": ${JSON.stringify(scope)}`;
  if (auth === 'none') return '  "auth": { "kind": "none" },';
  if (auth === 'client-secret')
    return `  "auth": { "kind": "client-secret", "clientId": ${JSON.stringify(clientId)}, "secret": { "env": ${JSON.stringify(env)} }${asked} },`;
  return `  // The key is our private key, as a JWK ({"kty": ...}) or as PKCS#8 PEM (-----BEGIN PRIVATE KEY-----), RSA for RS384 or P-384 for ES384.
  "auth": { "kind": "smart-backend", "clientId": ${JSON.stringify(clientId)}, "key": { "env": ${JSON.stringify(env)} }${asked} },`;
}

/** Words of a server in a comment: one line, nothing that could end it. */
const clean = (words: string): string => words.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
