import type { Target } from '../../src/core/model.ts';
import { encodings } from './canaries.ts';
import { peopleIn } from './planted.ts';
import type { Turn } from './proxy.ts';

/** A payer that says again whatever it was told, in every encoding and place that it has; and what it said. */
export interface Echo {
  readonly act: (turn: Turn) => Promise<void>;
  /** All that must not stand in any output. */
  readonly canaries: () => readonly string[];
  /** How many of them were said in each encoding. */
  readonly said: () => ReadonlyMap<string, number>;
}

const planted = ['cookie-canary-7f3a9b2c', 'auth-info-canary-51d2e8', 'x-auth-canary-0b9d7c61', 'api-key-canary-83fe21aa', 'reg-token-canary-6d0c44'];
/** Encoded values in one answer: enough that a small run says all of them, few enough that none of its answers is large. */
const perAnswer = 24;

export function echoing(target: Target): Echo {
  const people = peopleIn(target.members);
  const secrets = new Set(planted);
  const said = new Set<string>();
  /** What was least said comes first. */
  const next = (): readonly string[] => {
    const wanted = [...secrets, ...people].flatMap((value) => Object.keys(encodings).map((how) => [value, how] as const));
    const fresh = wanted.filter(([value, how]) => !said.has(`${how}: ${value}`));
    return (fresh.length > 0 ? fresh : wanted).slice(0, perAnswer).map(([value, how]) => {
      said.add(`${how}: ${value}`);
      return encodings[how]?.(value) ?? '';
    });
  };
  return {
    canaries: () => [...secrets, ...people],
    said: () => new Map(Object.keys(encodings).map((how) => [how, [...said].filter((each) => each.startsWith(`${how}: `)).length])),
    async act(turn) {
      // Some of each are enough: a run has hundreds of assertions.
      const heard = `${turn.body} ${turn.headers.authorization ?? ''}`.match(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]+/g) ?? [];
      const bearer = /^Bearer (.{13,})$/.exec(turn.headers.authorization ?? '')?.[1];
      for (const each of bearer === undefined ? heard : [...heard, bearer]) if (secrets.size < 12 + planted.length) secrets.add(each);
      await turn.answer(({ headers, status, body }) => {
        // What it planted itself nobody can know before it says under which name it is a secret.
        const plain = [...secrets]
          .slice(planted.length)
          .slice(-2)
          .concat(people.slice((turn.nth * 3) % people.length).slice(0, 3));
        const more = {
          ...headers,
          'set-cookie': 'SESSION=cookie-canary-7f3a9b2c; Path=/',
          'authentication-info': 'auth-info-canary-51d2e8',
          'x-auth-token': 'x-auth-canary-0b9d7c61',
          'x-echo': encodeURIComponent(plain.join(' ')),
          'x-name': plain.filter((each) => /^[\x20-\x7e]+$/.test(each)).join(' / '),
        };
        if (status < 400 || !String(headers['content-type']).includes('json')) return { headers: more };
        const words = next();
        const issue = words.map((text) => ({
          ...{ severity: 'error', code: 'processing', diagnostics: `you sent ${text} to us` },
          details: { text: `<b>x${text}x</b>` },
        }));
        const outcome = {
          ...(JSON.parse(String(body)) as object),
          ...{ api_key: 'api-key-canary-83fe21aa', registration_access_token: 'reg-token-canary-6d0c44' },
        };
        const whole = 'resourceType' in outcome ? { ...outcome, issue } : { ...outcome, error_description: words.join(' ') };
        return { headers: more, body: JSON.stringify(whole) };
      });
    },
  };
}

/** Which of them stand in these texts, by name of the text: "run.json: base64 of Smith". */
export function leaksIn(
  texts: ReadonlyMap<string, string>,
  canaries: readonly string[],
): readonly { readonly how: string; readonly where: string }[] {
  return [...texts].flatMap(([name, text]) =>
    canaries.flatMap((canary) =>
      Object.entries(encodings).flatMap(([how, encode]) =>
        text.includes(encode(canary)) ? [{ how, where: `${name}: ${how} of ${canary.slice(0, 24)}` }] : [],
      ),
    ),
  );
}
