import { createHash } from 'node:crypto';
import { createRedactor, type Redactor } from '../client/redact.ts';
import { unquoted } from '../core/sample.ts';

/** What is said of a resource, without the people in it; `source` is the resource as it stands in the file. */
export type Hide = (text: string, source: string) => string;

/** A longer resource is not read for its people: of what is said about it only our own words stay, bytes. */
const longest = 2 ** 20;
const request = { method: 'GET', url: '', headers: {} } as const;
const headers = { 'content-type': 'application/fhir+json' };

/**
 * Findings quote what they are about, and who reads them over a shoulder, in a build log or in a ticket is not who may read the files. Names, dates of birth,
 * addresses, contacts, identifiers and Patient ids of the resource itself are replaced in what is said of it, in the encodings in which they can be known.
 * A limit: people whom the resource does not name in their own elements.
 */
export function createHide(): Hide {
  let last: { readonly source: string; readonly redactor: Redactor } | undefined;
  return (text, source) => {
    if (source.length > longest) return text.replace(/"[^"]*"/g, '"..."');
    if (last?.source !== source) {
      // The line itself is the salt: nobody else has it, and each shard and thread says the same of it.
      const redactor = createRedactor('pseudonymised', createHash('sha256').update(source).digest('hex'));
      redactor.learn({ request, response: { status: 200, headers, body: source } });
      last = { source, redactor };
    }
    return last.redactor.text(unquoted(text));
  };
}
