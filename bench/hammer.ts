import { parentPort, workerData } from 'node:worker_threads';
import { Agent, request } from 'undici';

/** A bounded burst over 16 kept-alive connections to one loopback URL. */
const { url, token, requests } = workerData as { readonly url: string; readonly token: string; readonly requests: number };
if (new URL(url).hostname !== '127.0.0.1') throw new Error(`The hammer strikes loopback only, and ${url} is not.`);
const dispatcher = new Agent({ connections: 16 });
let left = requests;
const lane = async () => {
  while (left-- > 0) {
    const { body, statusCode } = await request(url, { dispatcher, headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' } });
    await body.dump();
    if (statusCode !== 200) throw new Error(`expected 200 from ${url}, saw ${statusCode}`);
  }
};
const began = performance.now();
await Promise.all(Array.from({ length: 16 }, lane));
parentPort?.postMessage({ perSecond: (requests * 1000) / (performance.now() - began) });
await dispatcher.close();
