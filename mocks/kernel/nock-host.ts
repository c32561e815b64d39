import nock from 'nock';
import type { Place } from './host.ts';
import type { Payer } from './payer.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * Serves a payer inside this process, under an https origin that exists nowhere: no socket, no certificate, no port. Until `close`, any other call fails,
 * so a test sees when a token or a name leaves for elsewhere. One at a time per process: interception is global.
 */
export function nockHost(payer: Payer, origin = 'https://payer.example'): Place {
  nock.disableNetConnect();
  const scope = nock(origin).persist();
  const answer = async (request: Request) => {
    const response = await payer.fetch(request);
    return [response.status, Buffer.from(await response.arrayBuffer()), Object.fromEntries(response.headers)] as const;
  };
  for (const method of methods) scope.intercept(/.*/, method).reply(answer);
  payer.moveTo(origin);
  return {
    origin,
    async close() {
      nock.cleanAll();
      nock.enableNetConnect();
      nock.restore();
    },
  };
}
