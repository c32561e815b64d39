import { parseJson } from '../../src/core/fhir.ts';
import type { Json, WireResponse } from '../../src/core/model.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Question } from './case.ts';
import type { Recorder } from './recorder.ts';

/** Of an answer of the client's FHIR server, so many characters are kept. */
const keep = 256 * 1024;

/** Asks the client's own FHIR server with the token of a hook call, as CRD services do. No redirect is followed, and nothing else is ever called. */
export const callerFor =
  (recorder: Recorder, patience: number) =>
  async (where: string, { url, token, purpose, expects }: Question): Promise<Json | undefined> => {
    if (!isHttpUrl(url)) return undefined;
    const open = { case: where, came: recorder.now(), startedAt: new Date().toISOString() };
    const headers = { accept: 'application/fhir+json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(patience) }).then(
      async (answer): Promise<WireResponse> => ({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: (await answer.text()).slice(0, keep),
      }),
      () => null,
    );
    recorder.called(open, { url, headers, response, asked: { purpose, ...(expects === undefined ? {} : { expects }) } });
    return response?.status === 200 ? parseJson(response.body) : undefined;
  };
