import { at, gap, header, pathOf, status } from '../../../../checks/client/marks.ts';
import type { Serving, Stage } from '../../../../mocks/client/case.ts';
import type { MockReply, MockRequest } from '../../../../mocks/kernel/payer.ts';
import type { Claims } from '../../../core/client-verdicts.ts';
import { at as path } from '../../../core/fhir.ts';
import type { Exchange, Json, Step, WireRequest } from '../../../core/model.ts';
import type { Misbehaviour } from '../client.ts';

/** What a varied journey showed: as the payers heard it, and as it left our client. */
export interface Shown {
  readonly heard: readonly Exchange[];
  readonly sent: readonly WireRequest[];
  /** What its screen showed. */
  readonly screen: readonly string[];
}

/** Another way that is just as legal for a client, of the list of variations. None may fail a row. */
export interface Variation {
  /** Ids of the list; several where ways that do not disturb each other share a journey. */
  readonly ids: readonly [string, ...string[]];
  readonly text: string;
  /** Cases in which it shows. */
  readonly cases: readonly [string, ...string[]];
  /** Rows that the list names for it: each passes, unless it is in `open` or `warns`. */
  readonly rows: readonly string[];
  /** What our client does in another way; made anew for each case, since some remember. */
  readonly differs?: () => Misbehaviour | Promise<Misbehaviour>;
  readonly sends?: (request: WireRequest) => WireRequest;
  /** Done before the journey begins. `root`: of the case. */
  readonly beforehand?: (root: string) => Promise<void>;
  /** What the payer of the case does beside, so that the way can show. */
  readonly serves?: (stage: Stage, usual: Serving) => Serving;
  /** Versions that the client claims. Default: those of our own. */
  readonly claims?: Claims;
  /** It was really gone. Says no to silence, and to our honest client where that goes another way (test/client-side/own.test.ts). */
  readonly shows: (shown: Shown) => boolean;
  /** Rows that get no verdict by it, each with the reason. */
  readonly open?: Readonly<Record<string, string>>;
  /** Rows that warn by right, each with the reason: a SHOULD is not met. */
  readonly warns?: Readonly<Record<string, string>>;
  /**
   * Who does the healthy journeys around. `own`: the varied client, since its way shows only there. `fail`: the same, and none is completed.
   * `honest`: only the payer of the case takes this way, so it is our honest client. Default: either will do.
   */
  readonly controls?: 'own' | 'fail' | 'honest';
  /** Where the payers speak https, and want a certificate of the client. */
  readonly https?: true;
}

/** A part of the list that our client does not go, and why. */
export interface NotGone {
  readonly id: string;
  readonly part: string;
  readonly reason: string;
}

export { gap, header, pathOf, status };
/** A claim of the JWT that came with a request, or a member of its header. */
export const claim = (each: Exchange, name: string): Json | undefined => path(each.facts?.['heard.jwt']?.claims, name);
export const inHeader = (each: Exchange, name: string): Json | undefined => path(each.facts?.['heard.jwt']?.header, name);
export const bodyOf = ({ request }: Exchange): string => request.body ?? '';
export const of = (heard: readonly Exchange[], ...steps: readonly Step[]): readonly Exchange[] => heard.filter(at(...steps));
/** The witness of a way that changes what is sent: some request fits. */
export const left =
  (fits: (request: WireRequest) => boolean) =>
  ({ sent }: Shown): boolean =>
    sent.some(fits);
/** The same of what was heard. */
export const came =
  (step: Step, fits: (exchange: Exchange) => boolean = () => true) =>
  ({ heard }: Shown): boolean =>
    heard.some((each) => each.step === step && fits(each));

/** Another request where the address fits. */
export const where =
  (url: RegExp, change: (request: WireRequest) => WireRequest) =>
  (request: WireRequest): WireRequest =>
    url.test(request.url) ? change(request) : request;
export const withHeader = (request: WireRequest, name: string, value: string): WireRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});
export const without = (request: WireRequest, name: string): WireRequest => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([each]) => each !== name)),
});

type Change = (reply: MockReply, nth: number, request: MockRequest) => MockReply;
/** The answers of the case at these steps, changed once more; `nth` counts them from 1. */
export function answering(usual: Serving, table: Readonly<Partial<Record<Step, Change>>>): Serving {
  const counts = new Map<Step, number>();
  const before = usual.rules?.underPressure;
  return {
    ...usual,
    rules: {
      ...usual.rules,
      underPressure(reply, step, request, payer) {
        const change = table[step];
        const said = before?.(reply, step, request, payer) ?? reply;
        if (change === undefined) return said;
        const nth = (counts.get(step) ?? 0) + 1;
        counts.set(step, nth);
        return change(said, nth, request);
      },
    },
  };
}

/** Every answer of the case's own routes, changed. */
export const telling = (usual: Serving, change: (reply: MockReply) => MockReply): Serving => ({
  ...usual,
  instead: async (asked) => {
    const told = await usual.instead?.(asked);
    return told === undefined ? undefined : { ...told, reply: change(told.reply) };
  },
});
