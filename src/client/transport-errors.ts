import type { TransportError, TransportErrorCode, WireRequest } from '../core/model.ts';

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
  ETIMEDOUT: 'timeout',
  ERR_BODY_PARSE_FAILURE: 'protocol',
};

/** Turns whatever the HTTP library threw into one of our codes with a message that says what to do next. */
export function explain(cause: unknown, request: WireRequest, context: { timeout: number; aborted: boolean }): TransportError {
  const error = cause as { code?: string; message?: string; cause?: { code?: string } };
  const raw = error.code ?? error.cause?.code ?? '';
  const text = error.message ?? String(cause);
  const host = safeHost(request.url);
  if (context.aborted) return { code: 'aborted', message: 'the run was interrupted' };
  if (raw === 'ETIMEDOUT') return { code: 'timeout', message: `no complete answer within ${context.timeout} ms from ${host}` };
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(raw)) {
    return { code: 'tls', message: `TLS with ${host} failed: ${text} (${raw}); ${tlsAdvice(raw)}` };
  }
  const code = codes[raw] ?? codes[error.cause?.code ?? ''] ?? (/^HPE_/.test(raw) ? 'protocol' : 'reset');
  const advice: Partial<Record<TransportErrorCode, string>> = {
    dns: `the name ${host} does not resolve; check the spelling and your DNS`,
    refused: `nothing listens at ${host}; check the port and that the server is up`,
    reset: `${host} closed the connection before the answer was complete (${text})`,
    protocol: `${host} did not speak proper HTTP (${text})`,
  };
  return { code, message: advice[code] ?? text };
}

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
