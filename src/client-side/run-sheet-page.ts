/** What the operator is to do now. */
export interface Task {
  readonly case: string;
  readonly journey: string;
  /** What the payer does. */
  readonly does: string;
  /** What the person does. */
  readonly todo: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface SheetState {
  readonly task?: Task;
  /** The window of a case is open until then, ms since 1970. */
  readonly waiting?: { readonly case: string; readonly until: number };
  readonly done: readonly { readonly case: string; readonly shown: string }[];
  readonly ended: boolean;
}

/** The page of the run sheet: plain HTML that works without the script, which only counts down and notices the next case. */

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const safe = (text: string): string => text.replace(/[&<>"']/g, (each) => escapes[each] ?? '');

export function sheetPage(title: string, { task, waiting, done, ended }: SheetState): string {
  const doing =
    task === undefined
      ? `<p id="idle">${ended ? 'The run is over. You can close this page.' : 'Nothing to do: the next case comes by itself.'}</p>`
      : `<section aria-labelledby="now" data-case="${safe(task.case)}">
<h2 id="now">Case ${safe(task.case)}</h2>
<p>The payer: ${safe(task.does)}.</p>
<p><strong>Your part:</strong> ${safe(task.todo)}.</p>
<dl>${task.facts.map(([name, value]) => `<dt>${safe(name)}</dt><dd><code>${safe(value)}</code></dd>`).join('')}</dl>
<form method="post" action="mark">
<input type="hidden" name="case" value="${safe(task.case)}">
<label for="shown">What the screen of the client shows: code words, one line each; empty for nothing</label>
<textarea id="shown" name="shown" rows="3" autocomplete="off"></textarea>
<label><input type="checkbox" name="unseen"> I cannot see its screen</label>
<button type="submit">Done: the client was made to do it</button>
</form>
</section>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Run sheet: ${safe(title)}</title><link rel="stylesheet" href="sheet.css"><script src="sheet.js" defer></script></head><body><main>
<h1>Run sheet: ${safe(title)}</h1>
${doing}
<p id="window" role="status"${waiting === undefined ? ' hidden' : ` data-until="${waiting.until}" data-case="${safe(waiting.case)}"`}></p>
<h2>Done</h2>
<ol>${done.map((each) => `<li>${safe(each.case)}: ${safe(each.shown === '' ? 'nothing shown' : each.shown)}</li>`).join('')}</ol>
</main></body></html>`;
}

export const sheetScript = `const place = document.getElementById('window');
const here = document.querySelector('section')?.dataset.case ?? '';
const count = () => {
  const left = Math.ceil((Number(place.dataset.until) - Date.now()) / 1000);
  place.hidden = !(left > 0);
  place.textContent = left > 0 ? 'Case ' + place.dataset.case + ': a reaction may still come for ' + left + ' s' : '';
};
const look = async () => {
  try {
    const state = await (await fetch('state')).json();
    if ((state.task?.case ?? '') !== here) return void location.reload();
    if (state.waiting) { place.dataset.until = state.waiting.until; place.dataset.case = state.waiting.case; }
    if (state.ended) return;
  } catch { document.getElementById('idle')?.replaceChildren('The run is over. You can close this page.'); return; }
  setTimeout(look, 1000);
};
setInterval(count, 500);
count();
look();
`;

export const sheetStyle = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
section { border: 1px solid; border-radius: 6px; padding: 0 1rem 1rem; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem; }
label { display: block; margin: .6rem 0 .2rem; }
textarea { width: 100%; box-sizing: border-box; font: inherit; }
button { font: inherit; margin-top: .8rem; padding: .5rem 1rem; min-height: 44px; }
`;
