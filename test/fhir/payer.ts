import { authMemory } from '../../mocks/auth/token.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { asString, at, entriesOf, linkOf } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';

/** An embedded payer with a token at hand, for tests that speak plain HTTP to it. */
export interface TestPayer extends Embedded {
  readonly base: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, form: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json | undefined;
}

export async function startPayer(): Promise<TestPayer> {
  const embedded = await startEmbedded();
  const base = `${embedded.origin}/fhir`;
  const token = 'a-token-for-tests';
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const { tokens } = authMemory(embedded.payer.state);
    const { now } = embedded.payer.state;
    tokens.set(token, { clientId: 'assay', organization: 'clinic-a', scope: ['system/*.rs'], expires: now() + 600 });
    const response = await fetch(path.startsWith('http') ? path : `${base}${path}`, init);
    const text = await response.text();
    let json: Json | undefined;
    try {
      json = JSON.parse(text) as Json;
    } catch {
      json = undefined;
    }
    return { status: response.status, headers: response.headers, text, json };
  };
  const authorization = `Bearer ${token}`;
  return {
    ...embedded,
    base,
    get: (path, headers = {}) => ask(path, { headers: { authorization, ...headers } }),
    post: (path, form, headers = {}) =>
      ask(path, { method: 'POST', body: form, headers: { authorization, 'content-type': 'application/x-www-form-urlencoded', ...headers } }),
  };
}

/** `Type/id` of each match. */
export const matches = ({ json }: Answer): readonly string[] =>
  entriesOf(json).flatMap(({ mode, resource }) => (mode === 'match' ? [`${resource?.resourceType}/${asString(resource?.['id'])}`] : []));
export const modes = ({ json }: Answer): readonly string[] =>
  entriesOf(json).flatMap(({ mode, resource }) => (mode === undefined ? [] : [`${mode} ${resource?.resourceType}`]));
export const next = ({ json }: Answer): string | undefined => linkOf(json, 'next');
export const issue = ({ json }: Answer): { readonly code: string; readonly text: string } => ({
  code: asString(at(json, 'issue', 0, 'code')) ?? '',
  text: asString(at(json, 'issue', 0, 'details', 'text')) ?? '',
});
