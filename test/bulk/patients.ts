import type { RequestListener } from 'node:http';

/** A file of bulk data, larger than what tests keep of it. */
export const rows: readonly string[] = Array.from({ length: 5000 }, (_, index) => JSON.stringify({ resourceType: 'Patient', id: `p${index}` }));
export const text = `${rows.join('\n')}\n`;

/** Serves the file by Range, and breaks off the first `times` answers after `bytes`. `asked` hears of each Range header. */
export function breakingOff(bytes: number, times: number, asked: (range: string) => void = () => undefined): RequestListener {
  let left = times;
  return (request, response) => {
    asked(request.headers.range ?? 'none');
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = Buffer.from(text).subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"v1"',
      'accept-ranges': 'bytes',
      'content-length': rest.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${text.length - 1}/${text.length}` } : {}),
    });
    if (left-- > 0) response.write(rest.subarray(0, bytes), () => response.socket?.destroy());
    else response.end(rest);
  };
}
