import { StringDecoder } from 'node:string_decoder';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { WireResponse } from '../core/model.ts';

/** Shorter texts are held as they are, characters. */
const long = 2 ** 18;

/** Half a sign is no UTF-8: such a text would come back as another. */
export const isPackable = (text: string): boolean => text.length >= long && !/\p{Surrogate}/u.test(text);

/** The text that was unpacked last. Judges read one several times, and then the next; more of them would be what packing saves. */
let last: { readonly bytes: Buffer; readonly text: string } | undefined;

/**
 * The same answer, whose long body is held packed and unpacked when somebody reads it: a list of thousands of members takes a tenth then, and while a run drives
 * nobody reads what is stored.
 */
export function packed(response: WireResponse): WireResponse {
  const size = Buffer.byteLength(response.body);
  const bytes = deflateRawSync(response.body, { level: 1 });
  return Object.defineProperty({ ...response }, 'body', {
    enumerable: true,
    get() {
      if (last?.bytes !== bytes) last = { bytes, text: unpack(bytes, size) };
      return last.text;
    },
  });
}

/** `size`: of what is unpacked, bytes. */
function unpack(bytes: Buffer, size: number): string {
  const plain = inflateRawSync(bytes, { chunkSize: size + 1 });
  const decoder = new StringDecoder('utf8');
  let text = '';
  // In parts: Node would put a text beyond 1 MB outside of the heap, where what nobody reads any more is cleared away late.
  for (let from = 0; from < plain.length; from += long) text += decoder.write(plain.subarray(from, from + long));
  // So would these bytes be: a judge that looks at each answer left ten of them behind. Moved to a place of no size, they are freed at once.
  (plain.buffer as Transferable).transfer(0);
  return text;
}

/** ECMAScript 2024, which Node 22 has. */
type Transferable = ArrayBuffer & { transfer(size: number): ArrayBuffer };

/** This answer with the body of another, packed or not. */
export function withBodyOf(response: WireResponse, other: WireResponse): WireResponse {
  const body = Object.getOwnPropertyDescriptor(other, 'body');
  return body === undefined ? response : Object.defineProperty({ ...response }, 'body', body);
}
