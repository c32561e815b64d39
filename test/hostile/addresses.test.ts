import assert from 'node:assert/strict';
import type { lookup } from 'node:dns';
import { test } from 'node:test';
import { guardedLookup } from '../../src/client/addresses.ts';
import { createTransport, defaultLimits } from '../../src/client/transport.ts';
import { serve } from '../cli/payer-assay.ts';

/** A name server that answers otherwise each time. */
const turning = (...addresses: readonly string[]): typeof lookup => {
  let asked = 0;
  const resolve = (_: string, __: object, done: (error: null, found: object) => void): void =>
    done(null, [{ address: addresses[Math.min(asked++, addresses.length - 1)], family: 4 }]);
  return resolve as unknown as typeof lookup;
};

for (const [whose, own, code] of [
  ['that a payer gave us connects nowhere', [], 'origin.blocked'],
  ['that the target file gives is asked', ['payer.test'], 'timeout|refused|reset'],
] as const)
  test(`H14: a name ${whose} when it leads to a metadata address at its second look-up`, async () => {
    const asked: string[] = [];
    const { close, origin } = await serve((request, response) => {
      asked.push(request.url ?? '');
      // Who comes again must look the name up again.
      response.setHeader('connection', 'close');
      response.end('{}');
    });
    const { port } = new URL(origin);
    const limits = { ...defaultLimits, timeout: 300 };
    for (const open of [false, true]) {
      const transport = createTransport({}, limits, undefined, guardedLookup(new Set(own), turning('127.0.0.1', '169.254.169.254')));
      const ask = async (path: string) => {
        const request = { method: 'GET', url: `http://payer.test:${port}${path}`, headers: {} } as const;
        if (!open) return transport.send(request);
        const came = await transport.open(request, { timeout: 300 });
        if ('body' in came) came.body.on('error', () => undefined).destroy();
        return 'body' in came ? { response: came, error: undefined } : { response: null, error: came };
      };
      assert.equal((await ask('/first')).response?.status, 200);
      const { response, error } = await ask('/second');
      assert.equal(response, null);
      assert.match(error?.code ?? '', new RegExp(`^(${code})$`));
      transport.close();
    }
    assert.deepEqual(asked, ['/first', '/first']);
    close();
  });
