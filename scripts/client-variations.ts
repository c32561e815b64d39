import { clientVariations } from '../src/client-side/own/variations/index.ts';
import { complaints, playVariations } from '../src/client-side/own/variations/run.ts';

/**
 * Goes the other legal ways of our own client, each with controls of its own, and says what a row has against one: nothing may.
 * Usage: node scripts/client-variations.ts [cv-NN ...].
 */
const wanted = process.argv.slice(2);
const chosen = clientVariations.filter(({ ids }) => wanted.length === 0 || ids.some((id) => wanted.includes(id)));
/** So many share a run. */
const together = 12;
let failed = 0;
for (let from = 0; from < chosen.length; from += together) {
  const tried = await playVariations(chosen.slice(from, from + together), { signal: new AbortController().signal, alone: true });
  for (const each of tried) {
    const wrong = complaints(each);
    if (wrong.length > 0) failed++;
    console.log(
      `${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${each.variation.ids.join(', ')}: ${each.variation.text}${wrong.map((one) => `\n       ${one}`).join('')}`,
    );
  }
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
