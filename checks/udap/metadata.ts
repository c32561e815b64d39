import type { JsonObject } from '../../src/core/fhir.ts';
import { asArray, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, check, describeBody, onFirst, pass, status, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Applies } from '../applies.ts';
import { group } from '../group.ts';
import { udapSecurity } from '../sources.ts';
import { followsUdap2, hasUdap, metadataOf, offersGrant, onMetadata, shown, strings } from './evidence.ts';
import { member } from './wire.ts';

/** `_required` must stand beside a non-empty `_supported`; that it is a subset binds from 2.0 on. */
const requiredSubset =
  (stem: string) =>
  (document: JsonObject, exchange: Exchange, evidence: Evidence): Finding => {
    const [supported, required] = [strings(document[`${stem}_supported`]), document[`${stem}_required`]];
    const demanded = supported.length > 0;
    if (demanded && !Array.isArray(required)) return check(false, exchange, `${stem}_required as an array`, shown(`${stem}_required`, required));
    const foreign = asArray(required).filter((each) => !supported.some((known) => known === each));
    if (foreign.length === 0) return pass;
    const [expected, actual] = [`${stem}_required lists supported keys only`, `it also lists ${foreign.join(', ')}`];
    return followsUdap2(evidence) ? check(false, exchange, expected, actual) : warn(exchange, expected, actual);
  };

/** Redirects are followed; what they lead to is judged. */
const isRedirect = (exchange: Exchange): boolean => statusOf(exchange) >= 300 && statusOf(exchange) < 400;

const claimsTiered: Applies = (evidence) => {
  const told = evidence.target.statements?.['udap.tiered-oauth'] === true;
  return told || strings(metadataOf(evidence)?.['scopes_supported']).includes('udap') || 'Tiered OAuth is not claimed: the scope udap is not listed.';
};

/** A member of the document lists this code. */
const lists = (name: string, code: string, expected: string) =>
  onMetadata((document, exchange) => check(strings(document[name]).includes(code), exchange, expected, shown(name, document[name])));

/** What the metadata document must say. */
export const metadataChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], holds: [{ ig: guides.udap }] }, [
  {
    id: 'cc2.udap.metadata.available',
    level: 'SHALL',
    text: 'UDAP metadata is served at base URL plus /.well-known/udap to unregistered clients without authentication.',
    source: udapSecurity('discovery.html#discovery-of-endpoints'),
    holds: [],
    applies: hasUdap,
    judge: onFirst({ step: 'udap.metadata', where: (each) => !isRedirect(each) }, (exchange) =>
      all(
        () => status(exchange, 200),
        () => check(isObject(jsonOf(exchange.response)), exchange, 'a JSON object without any authentication', describeBody(exchange)),
      ),
    ),
    faults: [
      {
        name: 'demands a token for its metadata',
        at: 'udap.metadata',
        alter: () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' }),
        alsoFails: { 'cc1.ndh.endpoint.trust': 'the directory promises UDAP metadata that nobody can read' },
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.versions',
    level: 'SHALL',
    text: 'udap_versions_supported is the array ["1"].',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata((document, exchange) => {
      const seen = document['udap_versions_supported'];
      return check(JSON.stringify(seen) === '["1"]', exchange, 'udap_versions_supported ["1"]', shown('udap_versions_supported', seen));
    }),
    faults: [{ name: 'states version 2', at: 'udap.metadata', alter: member({ udap_versions_supported: ['2'] }) }],
  },

  {
    id: 'cc2.udap.metadata.profiles',
    level: 'SHALL',
    text: 'udap_profiles_supported contains udap_dcr and udap_authn.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata((document, exchange) => {
      const seen = strings(document['udap_profiles_supported']);
      const missing = ['udap_dcr', 'udap_authn'].filter((each) => !seen.includes(each));
      return check(missing.length === 0, exchange, 'udap_dcr and udap_authn in udap_profiles_supported', `without ${missing.join(' and ')}`);
    }),
    faults: [{ name: 'leaves udap_dcr out', at: 'udap.metadata', alter: member({ udap_profiles_supported: ['udap_authn', 'udap_authz'] }) }],
  },

  {
    id: 'cc2.udap.metadata.profile-authz',
    level: 'SHALL',
    text: 'udap_authz is listed when grant_types_supported contains client_credentials.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    applies: offersGrant('client_credentials'),
    judge: lists('udap_profiles_supported', 'udap_authz', 'udap_authz in udap_profiles_supported, since client_credentials is offered'),
    faults: [
      {
        name: 'offers client_credentials without udap_authz',
        at: 'udap.metadata',
        alter: member({ udap_profiles_supported: ['udap_dcr', 'udap_authn'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.profile-tiered',
    level: 'SHALL',
    text: 'udap_to is listed when Tiered OAuth is supported.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    applies: claimsTiered,
    judge: lists('udap_profiles_supported', 'udap_to', 'udap_to in udap_profiles_supported, since Tiered OAuth is supported'),
    faults: [
      {
        name: 'lists the scope udap without udap_to',
        at: 'udap.metadata',
        alter: member(({ scopes_supported: scopes }) => ({ scopes_supported: [...strings(scopes), 'udap'] })),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.b2b-extension',
    level: 'SHALL',
    text: 'A server that supports the client credentials B2B flow lists hl7-b2b in udap_authorization_extensions_supported.',
    source: udapSecurity('b2b.html#b2b-authorization-extension-object'),
    holds: [
      { ig: guides.udap, from: '1.1.0' },
      { ig: guides.udap, to: '1.0.0', level: 'SHOULD' },
    ],
    applies: offersGrant('client_credentials'),
    judge: lists('udap_authorization_extensions_supported', 'hl7-b2b', 'hl7-b2b in udap_authorization_extensions_supported'),
    faults: [
      {
        name: 'supports no authorization extension',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_supported: [], udap_authorization_extensions_required: [] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.extensions-required',
    level: 'SHALL',
    text: 'udap_authorization_extensions_required is present when any extension is supported and lists only supported keys.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata(requiredSubset('udap_authorization_extensions')),
    faults: [
      {
        name: 'supports extensions without saying which are required',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_required: undefined }),
      },
      {
        name: 'requires an extension that it does not support',
        at: 'udap.metadata',
        alter: member({ udap_authorization_extensions_required: ['hl7-b2b', 'acme-purpose'] }),
      },
    ],
  },

  {
    id: 'cc2.udap.metadata.certifications',
    level: 'SHALL',
    text: 'udap_certifications_supported is present and udap_certifications_required (when needed) is a subset of it.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata((document, exchange, evidence) =>
      all(
        () =>
          check(
            Array.isArray(document['udap_certifications_supported']),
            exchange,
            'udap_certifications_supported as an array, empty when there are none',
            shown('udap_certifications_supported', document['udap_certifications_supported']),
          ),
        () => requiredSubset('udap_certifications')(document, exchange, evidence),
      ),
    ),
    faults: [{ name: 'says nothing of certifications', at: 'udap.metadata', alter: member({ udap_certifications_supported: undefined }) }],
  },

  {
    id: 'cc2.udap.metadata.grant-types',
    level: 'SHALL',
    text: 'grant_types_supported has at least one value and refresh_token only together with authorization_code.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    judge: onMetadata((document, exchange) => {
      const seen = strings(document['grant_types_supported']);
      const lonely = seen.includes('refresh_token') && !seen.includes('authorization_code');
      return all(
        () => check(seen.length > 0, exchange, 'at least one grant type', shown('grant_types_supported', document['grant_types_supported'])),
        () => check(!lonely, exchange, 'refresh_token only together with authorization_code', seen.join(', ')),
      );
    }),
    faults: [
      {
        name: 'offers refresh_token without authorization_code',
        at: 'udap.metadata',
        alter: member({ grant_types_supported: ['client_credentials', 'refresh_token'] }),
      },
    ],
  },
]);
