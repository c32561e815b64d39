import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointNamed, endpointsNamed } from '../../src/core/wellknown.ts';

const name = 'davinci_crd_hook_endpoint';

test('endpoints are known by their name, with and without the edition that HRex 1.2 puts behind it; the newest comes first', () => {
  const endpoints = {
    [name]: 'https://a/0',
    [`${name}#2.0`]: 'https://a/20',
    [`${name}#2.10`]: 'https://a/210',
    [`${name}#2.2`]: 'https://a/22',
    other: 'https://b',
  };
  assert.deepEqual(
    endpointsNamed({ endpoints }, name).map(({ url }) => url),
    ['https://a/210', 'https://a/22', 'https://a/20', 'https://a/0'],
  );
  assert.equal(endpointNamed({ endpoints: { [name]: 'https://a/0' } }, name), 'https://a/0');
});

test('what is no file, or names no such endpoint, has none', () => {
  for (const file of [undefined, null, [], { endpoints: 'x' }, { endpoints: { [`${name}_more`]: 'https://a' } }, { endpoints: { [name]: 7 } }])
    assert.equal(endpointNamed(file, name), undefined);
});
