import type { TransportError, TransportErrorCode, WireRequest } from '../core/model.ts';
import { innerCode } from './addresses.ts';

/** Bytes of headers that we read; Node's own limit is a quarter of it. */
export const maxHeaders = 64 * 1024;

/** Node's and got's error codes, in the words of our model. */
const codes: Readonly<Record<string, TransportErrorCode>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_PREMATURE_CLOSE: 'reset',
  // The server closed in good order, but earlier than it had said.
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: 'reset',
  ETIMEDOUT: 'timeout',
  ERR_BODY_PARSE_FAILURE: 'protocol',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'limit.headers',
  HPE_HEADER_OVERFLOW: 'limit.headers',
  ERR_PROXY_TUNNEL: 'ours',
};

/** Nothing left this machine: our key, its password, or an option of ours. OpenSSL's own errors have no host in them. */
const local = /^ERR_(OSSL|CRYPTO|INVALID_ARG|TLS_INVALID)|^UND_ERR_INVALID_ARG|^ERR_SSL_NO_/;
/** Our HTTP library refuses to send it: a value that no header can carry, an address that is no HTTP. */
const unsendable =
  /^ERR_(INVALID_URL|INVALID_CHAR|HTTP_INVALID_HEADER_VALUE|INVALID_HTTP_TOKEN|UNESCAPED_CHARACTERS|UNSUPPORTED_PROTOCOL|INVALID_PROTOCOL)$/;
const unsendableText = /Unsupported protocol|invalid character in header|invalid .* header|Invalid URL/i;
const localText = /bad decrypt|mac verify failure|no start line|key values mismatch|passphrase|^Proxy /i;

const unsent = true;

/** Something that no HTTP server may say. */
export const httpError = (message: string): Error => Object.assign(new Error(message), { code: 'ERR_BODY_PARSE_FAILURE' });

/** Turns whatever the HTTP library threw into one of our codes with a message that says what to do next. */
export function explain(
  cause: unknown,
  request: Pick<WireRequest, 'url'>,
  context: { timeout: number; aborted: boolean; proxied?: boolean },
): TransportError {
  const error = cause as { code?: string; message?: string; cause?: { code?: string } };
  const raw = error.code ?? error.cause?.code ?? '';
  const text = error.message ?? String(cause);
  const host = safeHost(request.url);
  if (context.aborted) return { code: 'aborted', message: 'the run was interrupted' };
  if (raw === innerCode) return { code: 'origin.blocked', message: text, unsent };
  if (unsendable.test(raw) || unsendableText.test(text))
    return { code: 'ours', message: `our client cannot send this over HTTP (${text}); nothing is known about ${host}`, unsent };
  if (local.test(raw) || localText.test(text))
    return { code: 'ours', message: `${ourAdvice(text, context.proxied)} (${text}); nothing is known about ${host}`, unsent };
  if (codes[raw] === 'timeout') return { code: 'timeout', message: `no complete answer within ${context.timeout} ms from ${host}` };
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(raw)) {
    return {
      code: 'tls',
      message: `TLS with ${host} failed: ${text} (${raw}); ${tlsAdvice(raw)}`,
      ...(/^(ERR_SSL|EPROTO)/.test(raw) ? {} : { unsent }),
    };
  }
  const code = codes[raw] ?? codes[error.cause?.code ?? ''] ?? (/^HPE_/.test(raw) ? 'protocol' : /^E[A-Z0-9]+$/.test(raw) ? 'reset' : 'ours');
  const advice: Partial<Record<TransportErrorCode, string>> = {
    dns: `the name ${host} does not resolve; check the spelling and your DNS`,
    refused: `nothing listens at ${host}; check the port and that the server is up`,
    reset: `${host} closed the connection before the answer was complete (${text})`,
    'limit.headers': `the headers of ${host} passed our limit of ${maxHeaders} bytes`,
    ours: `our own client failed on the answer of ${host} (${text})`,
    protocol: `${host} did not speak proper HTTP (${text})`,
  };
  const proxy = context.proxied && (code === 'refused' || code === 'dns') ? '; a proxy is set (HTTPS_PROXY, HTTP_PROXY): check that too' : '';
  return { code, message: `${advice[code] ?? text}${proxy}`, ...(code === 'refused' || code === 'dns' ? { unsent } : {}) };
}

const ourAdvice = (text: string, proxied = false): string =>
  proxied && /proxy|tunnel/i.test(text)
    ? 'the proxy that HTTPS_PROXY names did not open the way: check it, or list the host in NO_PROXY'
    : 'our own TLS key, certificate or password could not be used: check tls.cert, tls.key, tls.pfx and tls.passphrase in the target file';

function tlsAdvice(raw: string): string {
  if (raw === 'CERT_HAS_EXPIRED') return 'the server needs a new certificate';
  if (raw === 'CERT_NOT_YET_VALID') return 'check the clocks of both sides';
  if (raw === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate is for another name; check the host in the URL';
  if (/^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(raw)) return "if its authority is a private one, name the CA file in the target's tls.ca";
  return 'check that the port speaks TLS 1.2 or newer';
}

function safeHost(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}
