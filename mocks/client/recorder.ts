import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { asString, at, parseJson } from '../../src/core/fhir.ts';
import type { Facts, RawExchange, Step, WireResponse } from '../../src/core/model.ts';

type Listener = NonNullable<Facts['heard.listener']>;

/** A request whose answer is still to come. */
export interface Open {
  readonly case: string;
  readonly came: number;
  readonly facts: Facts;
  readonly startedAt: string;
}

export interface Recorder {
  /** Ms since the recording began. */
  now(): number;
  begin(incoming: IncomingMessage, where: { readonly case: string; readonly listener: Listener }): Open;
  /** Keeps the exchange, unless more came than is kept. */
  end(open: Open, what: Ended): void;
  /** Somebody began to speak TLS at the listener of this case. */
  touched(where: string): void;
  /** Keeps a request of ours to the client. */
  called(open: Pick<Open, 'case' | 'came' | 'startedAt'>, what: Called): void;
  readonly heard: readonly RawExchange[];
  /** Exchanges beyond what is kept. */
  readonly dropped: number;
}

export interface Ended {
  readonly step: Step;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Bytes of the request's body, also of those that are not kept. */
  readonly bytes: number;
  readonly response: WireResponse | null;
  readonly sent: number;
  readonly end?: Facts['heard.end'];
  readonly facts?: Facts;
}

/** A request of ours, with what came back. */
export interface Called {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly response: WireResponse | null;
  readonly asked: NonNullable<Facts['heard.asked']>;
}

interface Token {
  readonly case: string;
  readonly nth: number;
  readonly ends: number;
}

/** A flood is counted, not kept. */
const most = 20_000;

/** Keeps what clients asked and were told, with times, connections and tokens. `onHeard`: called for each, with the case. */
export function createRecorder(onHeard: (exchange: RawExchange) => void = () => undefined): Recorder {
  const began = performance.now();
  const heard: RawExchange[] = [];
  const connections = new WeakMap<object, number>();
  const openOf = new Map<string, number>();
  const tokens = new Map<string, Token>();
  const givenBy = new Map<string, number>();
  let connection = 0;
  let dropped = 0;
  const now = (): number => Math.round((performance.now() - began) * 10) / 10;
  const tokenOf = (authorization: string | undefined, at: number): Facts['heard.token'] => {
    const value = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (value === undefined || value.startsWith('eyJ')) return undefined;
    const token = tokens.get(value);
    return token === undefined ? 'not one of ours' : { nth: token.nth, left: Math.round((token.ends - at) / 100) / 10 };
  };
  return {
    now,
    begin(incoming, where) {
      const number = connections.get(incoming.socket) ?? ++connection;
      connections.set(incoming.socket, number);
      const open = (openOf.get(where.case) ?? 0) + 1;
      openOf.set(where.case, open);
      const came = now();
      const token = tokenOf(incoming.headers.authorization, came);
      const protocol = (incoming.socket as Partial<TLSSocket>).getProtocol?.() ?? undefined;
      return {
        case: where.case,
        came,
        startedAt: new Date().toISOString(),
        facts: {
          'heard.came': came,
          'heard.listener': where.listener,
          'heard.connection': number,
          'heard.open': open,
          ...(token === undefined ? {} : { 'heard.token': token }),
          ...(protocol === undefined ? {} : { 'heard.tls': protocol }),
        },
      };
    },
    end(open, { step, method, url, headers, body, bytes, response, sent, end, facts = {} }) {
      openOf.set(open.case, (openOf.get(open.case) ?? 1) - 1);
      const left = now();
      const gave = response?.status === 200 && (step === 'token' || step === 'udap.token') ? issued(open.case, response.body, left) : undefined;
      if (heard.length >= most) {
        dropped++;
        return;
      }
      const exchange: RawExchange = {
        index: heard.length,
        suite: open.case,
        step,
        request: { method, url, headers, ...(body === '' ? {} : { body }) },
        response,
        startedAt: open.startedAt,
        timing: { total: left - open.came },
        size: { sent: bytes, received: sent, decoded: response?.body.length ?? 0 },
        facts: {
          ...open.facts,
          'heard.left': left,
          ...(end === undefined ? {} : { 'heard.end': end }),
          ...(gave === undefined ? {} : { 'heard.gave': gave }),
          ...facts,
        },
      };
      heard.push(exchange);
      onHeard(exchange);
    },
    touched(where) {
      if (heard.length >= most) return;
      const at = now();
      heard.push({
        index: heard.length,
        suite: where,
        step: 'tls',
        request: { method: 'CONNECT', url: `https://${where}.invalid/`, headers: {} },
        response: null,
        startedAt: new Date().toISOString(),
        timing: { total: 0 },
        size: { sent: 0, received: 0, decoded: 0 },
        facts: { 'heard.came': at, 'heard.left': at, 'heard.listener': 'payer' },
      });
    },
    called(open, { url, headers, response, asked }) {
      if (heard.length >= most) {
        dropped++;
        return;
      }
      const left = now();
      heard.push({
        index: heard.length,
        suite: open.case,
        step: 'ehr.callback',
        request: { method: 'GET', url, headers },
        response,
        startedAt: open.startedAt,
        timing: { total: left - open.came },
        size: { sent: 0, received: response?.body.length ?? 0, decoded: response?.body.length ?? 0 },
        facts: { 'heard.came': open.came, 'heard.left': left, 'heard.listener': 'caller', 'heard.asked': asked },
      });
    },
    heard,
    get dropped() {
      return dropped;
    },
  };

  function issued(where: string, body: string, at_: number): Facts['heard.gave'] {
    const answer = parseJson(body);
    const value = asString(at(answer, 'access_token'));
    if (value === undefined) return undefined;
    const life = Number(at(answer, 'expires_in') ?? 0);
    const nth = (givenBy.get(where) ?? 0) + 1;
    givenBy.set(where, nth);
    tokens.set(value, { case: where, nth, ends: at_ + life * 1000 });
    return { nth, life };
  }
}
