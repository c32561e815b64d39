import { parseJson } from '../../src/core/fhir.ts';
import type { Json, WireResponse } from '../../src/core/model.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Question } from './case.ts';
import type { Recorder } from './recorder.ts';

/** Of an answer of the client's FHIR server, so many characters are kept. */
const keep = 4 * 2 ** 20;

/** Asks the client's own FHIR server with the token of a hook call, as CRD services do. No redirect is followed, and nothing else is ever called. */
export const callerFor =
  (recorder: Recorder, patience: number) =>
  async (where: string, { url, token, purpose, expects }: Question): Promise<Json | undefined> => {
    if (!isHttpUrl(url)) return undefined;
    const open = { case: where, came: recorder.now(), startedAt: new Date().toISOString() };
    const headers = { accept: 'application/fhir+json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
    const came = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(patience) })
      .then(kept)
      .catch(() => undefined);
    const response = came?.response ?? null;
    const asked = { purpose, ...(expects === undefined ? {} : { expects }), ...(came?.cut ? { cut: true as const } : {}) };
    recorder.called(open, { url, headers, response, asked });
    return response?.status === 200 ? parseJson(response.body) : undefined;
  };

/** An answer up to the bound, and whether more came. */
async function kept(answer: Response): Promise<{ readonly response: WireResponse; readonly cut: boolean }> {
  const decoder = new TextDecoder();
  let body = '';
  for await (const part of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    body += decoder.decode(part, { stream: true });
    if (body.length > keep) break;
  }
  return { response: { status: answer.status, headers: Object.fromEntries(answer.headers), body: body.slice(0, keep) }, cut: body.length > keep };
}
