import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, entriesOf, isJsonMedia, jsonOf, linkOf, literalReference, mediaTypeOf, parameterOf, resourceOf } from '../../src/core/fhir.ts';
import { isHttpUrl, parseUrl, queryOf, sameBase, withQuery } from '../../src/core/url.ts';
import { exchange } from './sample.ts';

test('a body that is not JSON reads as nothing rather than throw', () => {
  assert.equal(jsonOf(exchange({ body: '<html>' }).response), undefined);
  assert.equal(jsonOf(null), undefined);
  assert.equal(resourceOf(exchange({ body: '[1]' })), undefined);
  assert.equal(resourceOf(exchange({ body: { resourceType: 'Patient' } }), 'Patient')?.resourceType, 'Patient');
});

test('paths lead through objects and lists, and out of them into undefined', () => {
  const patient = { name: [{ given: ['Ann', 'Lee'] }] };
  assert.equal(at(patient, 'name', 0, 'given', 1), 'Lee');
  assert.equal(at(patient, 'name', 3, 'given'), undefined);
  assert.equal(at(patient, 'constructor'), undefined);
  assert.equal(at('text', 'length'), undefined);
});

test('literal references are recognised, others are not', () => {
  assert.equal(literalReference('Patient/p-1'), 'Patient/p-1');
  assert.equal(literalReference('https://payer.example/fhir/Patient/p-1/_history/2'), 'Patient/p-1');
  assert.equal(literalReference('urn:uuid:0c7a9a3e-6f2b-4f5e-9a3c-0d9f4a1b2c3d'), undefined);
  assert.equal(literalReference('#contained'), undefined);
  assert.equal(literalReference(4), undefined);
});

test('entries, links and parameters of a hostile Bundle come back empty', () => {
  assert.deepEqual(entriesOf({ entry: [null, 'x', { fullUrl: 4, resource: 'none' }] }), [{}]);
  assert.equal(linkOf({ link: [{ relation: 'next', url: 'https://x.example/2' }] }, 'next'), 'https://x.example/2');
  assert.equal(linkOf({ link: 'next' }, 'next'), undefined);
  assert.equal(parameterOf({ parameter: [{ name: 'a', valueString: 'b' }] }, 'a')?.['valueString'], 'b');
});

test('media types lose their parameters', () => {
  assert.equal(mediaTypeOf(exchange({ headers: { 'content-type': 'Application/FHIR+JSON; charset=utf-8' } }).response), 'application/fhir+json');
  assert.ok(isJsonMedia('application/json'));
  assert.ok(!isJsonMedia('text/html'));
});

test('URLs are split without a platform, and bad ones are refused', () => {
  assert.deepEqual(parseUrl('HTTPS://Payer.Example:443/fhir?a=1#x'), {
    scheme: 'https',
    host: 'payer.example',
    port: '443',
    path: '/fhir',
    query: 'a=1',
    origin: 'https://payer.example',
  });
  assert.equal(parseUrl('http://[::1]:8080/x')?.origin, 'http://[::1]:8080');
  assert.equal(parseUrl('/relative'), undefined);
  assert.ok(isHttpUrl('http://a.example'));
  assert.ok(!isHttpUrl('ftp://a.example'));
  assert.ok(!isHttpUrl(4));
});

test('queries are decoded, and a bad escape stays as it is', () => {
  assert.deepEqual(queryOf('https://x.example/a?b=c%20d&e=%zz&f'), [
    ['b', 'c d'],
    ['e', '%zz'],
    ['f', ''],
  ]);
  assert.equal(withQuery('https://x.example/a?b=1', { c: 'd e', f: undefined }), 'https://x.example/a?b=1&c=d%20e');
  assert.ok(sameBase('https://x.example:443/fhir/', 'HTTPS://x.example/fhir'));
  assert.ok(!sameBase('https://x.example/fhir', 'https://y.example/fhir'));
});
