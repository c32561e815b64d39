import { probesOf } from '../../checks/index.ts';
import { type Provider, type Reply, Skip, Stop } from '../../src/client/provider.ts';
import { codeFlow, type JwtChange, offersGrantType, registration, registrationEndpoint } from '../../src/client/requests/udap.ts';
import { cancellation, cleanUpIdOf, noteRegistration, registeredAs, type Who } from '../../src/client/udap/registering.ts';
import { asString } from '../../src/core/fhir.ts';
import type { RequestSpec, Variant } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, changing, probed } from '../asks.ts';
import { registersUdap, when } from '../forecast.ts';

const client = 'registers a client, which is cancelled at the end';

const scenarios = fhirApi;

/** Step E, UDAP half: the endpoint, or why registration must not be tried. */
function endpointOf({ known, target }: Provider): string {
  const endpoint = registrationEndpoint(known);
  if (target.udap?.client === undefined) throw new Skip('the target file names no UDAP client certificate (udap.client)', 'target-file');
  if (target.allow?.registration !== true)
    throw new Skip(
      'registration changes the server: set allow.registration to true, and use a certificate whose URI serves tests only',
      'target-file',
    );
  if (target.udap.clientId !== undefined)
    throw new Skip(
      'udap.clientId names a client that is registered already: registering again, and cancelling at the end, would put an end to it',
      'target-file',
    );
  if (endpoint === undefined) throw new Stop('no UDAP registration_endpoint is known', 'payer');
  return endpoint;
}

async function cancelOne(provider: Provider, endpoint: string, as: Who, variant: Variant<'register'>): Promise<void> {
  // Cancelled once: to a payer that takes it for a new registration, each further try would leave another client behind.
  const pending = provider.cleanUps.pending().find(({ id }) => id === cleanUpIdOf(endpoint, as));
  if (pending === undefined) return;
  const reply = await provider.ask('register', cancellation(endpoint, provider, as), { variant });
  if (isEnded(reply)) provider.cleanUps.done(pending.id);
  else provider.cleanUps.add({ ...pending, tried: true });
}

/** 200 says that the registration ended; 201 would say that a new one was made. */
const isEnded = ({ status }: Reply): boolean => status >= 200 && status < 300 && status !== 201;

export const register: Suite = {
  id: 'udap.register',
  title: 'Register as a UDAP client',
  scenarios,
  needs: ['udap.metadata'],
  asks: [changing(client, asked('register')), changing(client, asked('register', 'other'))],
  requests: when(registersUdap, 3),
  async drive(provider) {
    const { known, target } = provider;
    if (target.udap?.client !== undefined && target.udap.clientId !== undefined) return;
    const endpoint = endpointOf(provider);
    noteRegistration(provider, endpoint, 'client');
    await provider.askProbes(probesOf('udap.register'));
    const reply = await provider.ask('register', registration(endpoint, target));
    const clientId = registeredAs(reply);
    if (clientId === undefined) {
      if (reply.status >= 400) provider.cleanUps.done(cleanUpIdOf(endpoint, 'client'));
      throw new Stop(`the registration endpoint answered ${reply.status} without a client_id`, 'payer');
    }
    known.notes['udap.clientId'] = clientId;
    if (target.udap?.otherClient === undefined) return;
    noteRegistration(provider, endpoint, 'other');
    const second = await provider.ask('register', registration(endpoint, target, { as: 'other' }), { variant: 'other' });
    const other = registeredAs(second);
    if (other !== undefined) known.notes['udap.otherClientId'] = other;
    else if (second.status >= 400) provider.cleanUps.done(cleanUpIdOf(endpoint, 'other'));
  },
};

export const registerVariants: Suite = {
  id: 'udap.register.variants',
  title: 'Change the registration and send an unknown certification',
  scenarios,
  needs: ['udap.register'],
  asks: [changing(client, asked('register', 'modified', 'certification'))],
  requests: when(registersUdap, 2),
  async drive(provider) {
    const { known, target } = provider;
    const endpoint = endpointOf(provider);
    const before = asString(known.notes['udap.clientId']);
    const again = async (variant: Variant<'register'>, change: JwtChange) => {
      const clientId = registeredAs(await provider.ask('register', registration(endpoint, target, change), { variant }));
      if (clientId !== undefined) known.notes['udap.clientId'] = clientId;
    };
    await again('modified', { claims: { client_name: `${target.udap?.clientName ?? 'payer-assay'} (changed)` } });
    const after = asString(known.notes['udap.clientId']);
    if (before !== undefined && after !== before) known.notes['udap.replacedClientId'] = before;
    await again('certification', {
      certification: {
        certification_name: 'payer-assay unknown certification',
        certification_uris: ['urn:example:payer-assay:unknown-certification'],
        is_endorsement: false,
      },
    });
    // Only a server that gives a new client_id has an old one to cancel.
    if (known.notes['udap.replacedClientId'] !== undefined) await provider.askProbes(probesOf('udap.register.variants'));
  },
};

export const registerNegatives: Suite = {
  id: 'udap.register.negatives',
  title: 'Try software statements and certificates that must be refused',
  scenarios,
  needs: ['udap.register'],
  asks: [
    changing(client, asked('register', 'authorization-code', 'restored')),
    probed('register', ...probesOf('udap.register.negatives').map(({ id }) => `${id}.undo`)),
  ],
  requests: when(registersUdap, 40),
  async drive(provider) {
    const { known, target } = provider;
    const endpoint = endpointOf(provider);
    // The honest twin of a registration for both grants. It changes our client, which is put right again below.
    let accepted = offersGrantType(known.notes['udap.metadata'], 'authorization_code');
    if (accepted) await provider.ask('register', registration(endpoint, target, { claims: codeFlow }), { variant: 'authorization-code' });
    for (const probe of probesOf('udap.register.negatives')) {
      const spec = probe.request(known);
      const [reply] = await provider.askProbes([probe]);
      if (typeof spec === 'string' || !reply || registeredAs(reply) === undefined) continue;
      accepted = true;
      await undo(provider, spec, probe.id);
    }
    // What was undone may have been our own registration.
    if (!accepted) return;
    const clientId = registeredAs(await provider.ask('register', registration(endpoint, target), { variant: 'restored' }));
    if (clientId !== undefined) known.notes['udap.clientId'] = clientId;
  },
};

/** Cancels what a careless server registered, with the same defect that it let pass. */
async function undo(provider: Provider, spec: RequestSpec, probe: string): Promise<void> {
  if (!spec.udap || spec.udap.sign === 'same') return;
  const claims = { ...spec.udap.claims, grant_types: [] };
  await provider.ask('register', { ...spec, udap: { ...spec.udap, claims } }, { probe: `${probe}.undo` });
}

/** What we registered goes away again, and a cancelled client must get nothing. */
export const cancel: Suite = {
  id: 'udap.cancel',
  title: 'Cancel the registrations of this run',
  scenarios,
  needs: ['udap.register'],
  alone: () => true,
  asks: [changing(client, asked('register', 'cancel', 'cancel-other'))],
  requests: when(registersUdap, 3),
  async drive(provider) {
    const { known } = provider;
    const endpoint = endpointOf(provider);
    await cancelOne(provider, endpoint, 'client', 'cancel');
    if (known.notes['udap.otherClientId'] !== undefined) await cancelOne(provider, endpoint, 'other', 'cancel-other');
    await provider.askProbes(probesOf('udap.cancel'));
  },
};
