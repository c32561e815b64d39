import { type SecretSource, secretOf, signersOf } from '../client/identity.ts';
import { smartConfiguration } from '../client/requests/fhir.ts';
import { tokenRequest } from '../client/requests/token.ts';
import { asString, at } from '../core/fhir.ts';
import type { SecretClient, Target } from '../core/model.ts';
import { type Access, type AccessOptions, deskOf } from './desk.ts';
import { tokenEndpointOf } from './token-endpoint.ts';

/** Throws, naming the place in the target file and the fix, when no token could be fetched. */
export async function accessFor(target: Target, secrets: SecretSource, options: AccessOptions): Promise<Access> {
  const { auth } = target;
  const release = async () => [];
  if (auth.kind === 'udap') return (await import('./udap.ts')).udapAccess(target, secrets, options);
  if (auth.kind === 'none') return { auth: { kind: 'none' }, env: {}, release };
  if (auth.kind === 'bearer')
    return { auth: { kind: 'bearer' }, env: { ASSAY_LOAD_TOKEN: secretOf(auth.token, 'auth.token', secrets).trim() }, release };
  if (auth.kind === 'client-secret') return secretAccess(target, auth, secrets, options);
  const signer = signersOf({ ...target, auth }, secrets)['default'];
  if (!signer) throw new Error('the target file names no client key');
  const { clientId, kid, alg } = signer;
  return tokensFrom(deskOf(target, secrets, options), auth.scope, async ({ send }) => ({
    auth: { kind: 'smart-backend', clientId, kid, alg, ...(auth.scope === undefined ? {} : { scope: auth.scope }) },
    // For CDS Hooks, where each call carries a JWT of its own, and for runners elsewhere.
    env: { ASSAY_LOAD_KEY: JSON.stringify(signer.key.export({ format: 'jwk' })) },
    tokenEndpoint: auth.tokenEndpoint ?? (await tokenEndpointOf(options.base, (spec) => send('smart.configuration', spec))),
  }));
}

/** The secret is used here only: k6 borrows the tokens. */
const secretAccess = (
  target: Target,
  { scope, tokenEndpoint }: SecretClient & { readonly tokenEndpoint?: string },
  secrets: SecretSource,
  options: AccessOptions,
): Promise<Access> =>
  tokensFrom(deskOf(target, secrets, options), scope, async ({ provider }) => {
    // How the endpoint wants to see the secret stands there, too.
    const { json } = await provider.ask('smart.configuration', smartConfiguration(options.base));
    if (json !== undefined) provider.known.smart = json;
    const endpoint = tokenEndpoint ?? asString(at(json, 'token_endpoint'));
    if (endpoint === undefined) throw new Error('no token endpoint is known: name auth.tokenEndpoint in the target file');
    return { auth: { kind: 'client-secret' }, env: {}, tokenEndpoint: endpoint };
  });

/** Tokens that this desk asks for at an endpoint that it may have to find first. The desk closes with the load, or when there is no endpoint. */
async function tokensFrom(
  desk: ReturnType<typeof deskOf>,
  scope: string | undefined,
  find: (desk: ReturnType<typeof deskOf>) => Promise<Pick<Access, 'auth' | 'env'> & { readonly tokenEndpoint: string }>,
): Promise<Access> {
  const { provider, send, close } = desk;
  try {
    const found = await find(desk);
    provider.known.tokenEndpoint = found.tokenEndpoint;
    const release = async () => {
      close();
      return [];
    };
    return { ...found, request: () => send('token', tokenRequest(found.tokenEndpoint, scope)), release };
  } catch (cause) {
    close();
    throw cause;
  }
}
