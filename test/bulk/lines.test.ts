import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineScanner } from '../../src/client/bulk/lines.ts';

/** Scans a text cut into pieces of n bytes. */
function scan(text: string, n = 7) {
  const lines: [number, string][] = [];
  const scanner = createLineScanner((line, number) => lines.push([number, line]));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += n) scanner.push(bytes.subarray(at, at + n));
  return { facts: scanner.end(), lines };
}

test('lines are the same however the bytes arrive', () => {
  const text = '{"resourceType":"Patient","name":"Żółć"}\n{"resourceType":"Coverage"}\n';
  for (const n of [1, 2, 3, 7, 4096]) {
    const { facts, lines } = scan(text, n);
    assert.deepEqual(facts.types, { Patient: 1, Coverage: 1 });
    assert.deepEqual([facts.lines, facts.blank, facts.bad, lines[0]?.[1].includes('Żółć')], [2, 0, undefined, true]);
  }
});

test('blank lines, CR LF, a byte order mark and a missing last newline are distinguished', () => {
  const { facts, lines } = scan('\uFEFF{"resourceType":"Patient"}\r\n\r\n{"resourceType":"Patient"}');
  assert.deepEqual([facts.lines, facts.blank, facts.crlf, facts.bom], [2, 1, 2, true]);
  assert.deepEqual(
    lines.map(([number]) => number),
    [1, 3],
  );
});

test('the first bad line is named with its number', () => {
  const { facts } = scan('{"resourceType":"Patient"}\n{"resourceType":\n"Patient"}\n');
  assert.equal(facts.bad?.line, 2);
  assert.match(facts.bad?.why ?? '', /not JSON/);
  assert.match(scan('[1]\n').facts.bad?.why ?? '', /no FHIR resource/);
});

test('an empty file has no line', () => {
  assert.deepEqual(scan('').facts.lines, 0);
});
