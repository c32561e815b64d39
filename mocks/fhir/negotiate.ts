import type { MockReply, MockRequest } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';

/** Media types under which this payer sends FHIR JSON. */
const jsonTypes = ['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir'];
const formats: Readonly<Record<string, string>> = { json: 'application/fhir+json', ...Object.fromEntries(jsonTypes.map((type) => [type, type])) };
const versions = new Set(['4.0', '4.0.1']);

interface Range {
  readonly type: string;
  readonly quality: number;
  readonly version?: string | undefined;
}

function ranges(accept: string): readonly Range[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((each) => each.trim());
      const value = (name: string) =>
        parameters
          .find((each) => each.toLowerCase().startsWith(`${name}=`))
          ?.slice(name.length + 1)
          .replace(/"/g, '');
      return { type: type.toLowerCase(), quality: Number(value('q') ?? 1), version: value('fhirversion') };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

const fitting = (type: string): string | undefined =>
  type === '*/*' || type === 'application/*' ? 'application/fhir+json' : jsonTypes.includes(type) ? type : undefined;

/**
 * The media type to answer in, or the refusal. `_format` goes before Accept.
 * Source: http://hl7.org/fhir/R4/http.html#mime-type
 */
export function negotiate(request: MockRequest): string | MockReply {
  const format = request.query.get('_format');
  if (format !== null) {
    // a plus sign that was not percent-encoded arrives as a space
    const type = formats[(format.split(';')[0] ?? '').trim().replace(' ', '+').toLowerCase()];
    return type ?? unacceptable('_format', format);
  }
  const accept = request.headers['accept'];
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/fhir+json') return 'application/fhir+json';
  for (const { type, version } of ranges(accept)) {
    const media = fitting(type);
    if (media === undefined) continue;
    if (version === undefined || versions.has(version)) return media;
    return outcome({
      status: 406,
      code: 'not-supported',
      text: `FHIR version ${version} in the Accept header is not supported. Correct it to fhirVersion=4.0 or leave the parameter out.`,
      expression: 'http.Accept',
    });
  }
  return unacceptable('Accept', accept);
}

const unacceptable = (where: string, what: string): MockReply =>
  outcome({
    status: 406,
    code: 'not-supported',
    text: `The format ${what.slice(0, 80)} asked for in ${where} is not available. Correct it to application/fhir+json and send the request again.`,
    expression: where === 'Accept' ? 'http.Accept' : 'http._format',
  });
