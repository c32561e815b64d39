import type { Exchange } from '../../../src/core/model.ts';
import { isPassing } from './exchange.ts';
import type { Ask } from './journey.ts';
import type { Opinion, Recall } from './sample.ts';
import { uuidsIn, withoutNames } from './words.ts';

/** Distinct answers that one virtual user keeps its opinion on. */
const most = 2_000;

/**
 * Judges are pure: an answer in the same words to the same question comes to the same again, so it is not read anew. Load asks about few members many
 * times, and most payers answer alike. Only what rests on headers or times is judged each time; answers with a fault are not kept. `plan` is what judges
 * know beside the answer, as text.
 */
export function recallBy(digest: (text: string) => string, plan: string): Recall {
  const known = new Map<string, Opinion>();
  const ours = uuidsIn(plan);
  return (ask, exchange, form) => {
    const words = wordsOf(ask, exchange);
    // Only our own calls make up an id, and then no two are the same as they stand; the payer's ids are named in the URL and stay.
    const madeUp = ask.about !== undefined && exchange.request.body?.includes(ask.about) ? ask.about : undefined;
    let key = madeUp === undefined ? digest(words) : '';
    let before = known.get(key);
    if (before === undefined) {
      const plain = withoutNames(words, madeUp, ours);
      if (plain !== words || key === '') key = digest(plain);
      before = known.get(key);
    }
    const opinion = form(before);
    const good = !opinion.mixed && !opinion.verdicts.letters.includes('f');
    if (before === undefined && good) {
      if (known.size >= most) known.clear();
      known.set(key, opinion);
    }
    return opinion;
  };
}

function wordsOf({ about }: Ask, { step, variant, member, request, response }: Exchange): string {
  const asked: (string | number | undefined)[] = [
    step,
    variant,
    member,
    about,
    request.method,
    request.url,
    lasting(request.headers),
    request.body ?? '',
  ];
  return asked.concat(response?.status ?? 0, lasting(response?.headers ?? {}), response?.body ?? '').join('\u0000');
}

/** Headers, without those that differ each time; sorted, because k6 hands them out in any order. */
function lasting(headers: Readonly<Record<string, string>>): string {
  let text = '';
  const names = Object.keys(headers).sort();
  for (let nth = 0; nth < names.length; nth++) {
    const name = names[nth] ?? '';
    if (!isPassing(name)) text += `${name}: ${headers[name]}\n`;
  }
  return text;
}
