/** One request and one response as they travel. */

export interface WireRequest {
  readonly method: string;
  /** Absolute URL. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response as it travelled. */
export interface WireResponse {
  readonly status: number;
  /** Lower-case names; repeated headers are joined with ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded text, as far as it was kept. */
  readonly body: string;
}

/** Milliseconds. A phase is 0 when the connection was reused, absent when it was not measured. */
export interface Timing {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly firstByte?: number;
  readonly total: number;
}

/** Why no usable response came. `limit.*` are our own limits and never a failure of the payer. */
export type TransportErrorCode =
  | 'dns'
  | 'refused'
  | 'reset'
  | 'tls'
  | 'timeout'
  | 'protocol'
  | 'limit.body'
  | 'limit.headers'
  | 'limit.redirects'
  | 'limit.inflate'
  /** Nests deeper or holds more elements than we read. */
  | 'limit.depth'
  /** It came, but this run keeps no more. */
  | 'limit.evidence'
  /** Nothing was sent, or what came could not be kept: a fault on our side. */
  | 'ours'
  | 'origin.blocked'
  /** A fault on our side: a key, a password, a proxy. */
  | 'ours'
  | 'aborted';

/** Why no usable response came, in words. */
export interface TransportError {
  readonly code: TransportErrorCode;
  readonly message: string;
  /** The request reached no server: it can have begun nothing there. */
  readonly unsent?: true;
}
