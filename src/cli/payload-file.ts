import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isObject } from '../core/fhir.ts';
import type { Issue, Json } from '../core/model.ts';

/** A file with one resource, or with one on each line. `problems` says what kind of file it is instead, or what is wrong with its bytes. */
export interface PayloadFile {
  readonly records: readonly { readonly text: string; readonly line?: number }[];
  readonly problems: readonly Issue[];
}

const problem = (rule: string, text: string, severity: Issue['severity'] = 'error'): Issue => ({
  severity,
  rule,
  expression: '',
  text,
  tier: 0,
  line: 1,
});
const only = (rule: string, text: string): PayloadFile => ({ records: [], problems: [problem(rule, text)] });

/** Reads a file that should hold FHIR JSON, and says in words what it holds otherwise and what to do. Throws only when it cannot be read at all. */
export function readPayload(path: string): PayloadFile {
  const bytes = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return only(
      'file.gzip',
      'This is a gzip file, and one resource is expected as plain JSON. Unpack it first (gunzip). Bulk files may stay packed: call them .ndjson.gz.',
    );
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return only('file.encoding', 'This is UTF-16, and FHIR JSON is UTF-8. Convert it first (iconv -f UTF-16 -t UTF-8).');
  const text = bytes.toString('utf8');
  const start = text.replace(/^\uFEFF/, '').trimStart();
  if (start === '') return only('file.empty', 'The file is empty, and a FHIR resource is expected. Was the download or the export complete?');
  if (start.startsWith('<'))
    return only(
      'file.xml',
      `This is ${/^<!doctype html|^<html/i.test(start) ? 'an HTML page' : 'XML'}, and FHIR JSON is expected. Ask the server with Accept: application/fhir+json.`,
    );
  // No text of any kind: a ZIP, a PDF, a picture.
  if (bytes.subarray(0, 1024).some((byte) => byte < 9 || (byte > 13 && byte < 32)) && !/^[[{"]/.test(start))
    return only('file.kind', 'This is a binary file, and FHIR JSON is expected. Unpack it first if it is an archive.');
  const bad = isUtf8(bytes)
    ? []
    : [
        problem(
          'file.encoding',
          `Bytes that are not UTF-8, the first at byte ${firstBad(bytes)}. FHIR JSON is UTF-8; is this Latin-1? Convert it first (iconv -f ISO-8859-1 -t UTF-8).`,
        ),
      ];
  if (!path.endsWith('.ndjson')) {
    const kind = kindOf(start);
    return kind === undefined ? { records: [{ text }], problems: bad } : { records: [], problems: [...bad, problem('file.kind', kind)] };
  }
  const records = text.split('\n').flatMap((record, i) => (record.trim() === '' ? [] : [{ text: record, line: i + 1 }]));
  return { records, problems: bad };
}

/** What valid JSON is when it is no object. */
function kindOf(text: string): string | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return isNdjson(text) ? 'This is NDJSON, a resource on each line, and one resource is expected. Call the file .ndjson.' : undefined;
  }
  if (Array.isArray(value))
    return `This is a JSON array of ${value.length}, and one resource is expected. Several belong into a Bundle, or into an .ndjson file, one on each line.`;
  if (!isObject(value))
    return `This is ${value === null ? 'null' : `a ${typeof value}`}, and a resource is expected: a JSON object with resourceType.`;
  return typeof value['resourceType'] === 'string' ? undefined : 'This is a JSON object without resourceType, so it is no FHIR resource.';
}

/** Is there a resource on each of the first two lines? */
function isNdjson(text: string): boolean {
  const [first = '', second = ''] = text.split('\n', 2);
  try {
    return [first, second].every((line) => isObject(JSON.parse(line) as Json));
  } catch {
    return false;
  }
}

/** Offset of the first byte that no UTF-8 has there. */
function firstBad(bytes: Buffer): number {
  let good = 0;
  // The longest prefix that is UTF-8, by halves; a character cut off at its end does not count.
  for (let step = bytes.length; step >= 1; step = Math.floor(step / 2))
    while (good + step <= bytes.length && isUtf8(whole(bytes.subarray(0, good + step)))) good += step;
  return whole(bytes.subarray(0, good)).length;
}

/** Without a last character that was cut. */
function whole(bytes: Buffer): Buffer {
  let end = bytes.length;
  for (let back = 1; back <= 3 && end - back >= 0; back++) {
    const byte = bytes[end - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      if (needs > back) end -= back;
      break;
    }
  }
  return bytes.subarray(0, end);
}
