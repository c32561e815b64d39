import { cleanUp } from '../client/clean-up.ts';
import type { SecretSource } from '../client/identity.ts';
import type { Provider } from '../client/provider.ts';
import { b2bToken, registration, udapMetadata } from '../client/requests/udap.ts';
import { udapClientOf } from '../client/udap/client.ts';
import { cleanUpIdOf, endpointsOf, noteRegistration, registeredAs } from '../client/udap/registering.ts';
import type { Target } from '../core/model.ts';
import { type Access, type AccessOptions, deskOf } from './desk.ts';

/**
 * UDAP for a load: the client that the target file names, or one registered now and cancelled by `release`. Node registers and signs; for
 * runners elsewhere k6 signs the authentication tokens. Throws in words when there is no certificate, no permission to register, or no client_id.
 */
export async function udapAccess(target: Target, secrets: SecretSource, options: AccessOptions): Promise<Access> {
  const client = udapClientOf(target, secrets);
  const signer = client?.signers['client'];
  if (!client || !signer) throw new Error('the target file names no UDAP client certificate (udap.client)');
  if (target.udap?.clientId === undefined) refuseToRegister(target, options.shared);
  const { provider, send, close } = deskOf(target, secrets, options, client.sign);
  const release = async (): Promise<readonly string[]> => {
    try {
      return (await cleanUp(provider)).map(({ what }) => what);
    } finally {
      close();
    }
  };
  try {
    const metadata = await provider.ask('udap.metadata', udapMetadata(options.base, target.udap?.communities[0]?.uri));
    const { token, registration: endpoint } = endpointsOf(metadata.json);
    if (token === undefined) throw new Error(`${metadata.exchange.request.url} answered ${metadata.status} and names no token_endpoint`);
    const clientId = target.udap?.clientId ?? (await registered(provider, endpoint));
    const { alg, x5c } = signer;
    return {
      auth: { kind: 'udap', clientId, alg, x5c },
      env: { ASSAY_LOAD_KEY: JSON.stringify(signer.key.export({ format: 'jwk' })) },
      tokenEndpoint: token,
      request: () => send('udap.token', b2bToken(token, clientId, target)),
      release,
    };
  } catch (cause) {
    await release();
    throw cause;
  }
}

function refuseToRegister({ allow }: Target, shared: boolean): void {
  if (allow?.registration !== true)
    throw new Error('a UDAP client must be registered for the load: set allow.registration to true, or name one that is registered in udap.clientId');
  if (shared)
    throw new Error(
      'the parts of a load share one UDAP client, and the first that is done would cancel it under the others: register one beforehand and name it in udap.clientId',
    );
}

async function registered(provider: Provider, endpoint: string | undefined): Promise<string> {
  if (endpoint === undefined) throw new Error('the UDAP metadata name no registration_endpoint; name a registered client in udap.clientId');
  noteRegistration(provider, endpoint, 'client');
  const reply = await provider.ask('register', registration(endpoint, provider.target));
  const clientId = registeredAs(reply);
  if (clientId !== undefined) return clientId;
  if (reply.status >= 400) provider.cleanUps.done(cleanUpIdOf(endpoint, 'client'));
  throw new Error(`the registration endpoint ${endpoint} answered ${reply.status} without a client_id`);
}
