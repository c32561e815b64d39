import crypto from 'k6/crypto';
import type { Opinion, Recall } from './sample.ts';

/** Distinct answers that one virtual user keeps its opinion on. */
const most = 2_000;
const known = new Map<string, Opinion>();

/**
 * Judges are pure: an answer in the same words to the same question comes to the same again, so it is not read anew. Load asks about few members many
 * times, and most payers answer alike. Only what rests on headers or times is judged each time; answers with a fault are not kept.
 */
export const recall: Recall = ({ about = '' }, { step, variant = '', member = '', request, response }, form) => {
  const words = [step, variant, member, about, request.method, request.url, request.body ?? '', response?.status ?? 0, response?.body ?? ''];
  const key = crypto.sha256(words.join('\n'), 'base64');
  const before = known.get(key);
  const opinion = form(before);
  const good = !opinion.mixed && opinion.missing <= 0 && !opinion.judged.letters.includes('f');
  if (before === undefined && good) {
    if (known.size >= most) known.clear();
    known.set(key, opinion);
  }
  return opinion;
};
