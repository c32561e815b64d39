import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

/** Templates hold each/if only; whatever needs thought is done in reports/view and tested there as data. */
const engine = Handlebars.create();
const file = (name: string): string => readFileSync(new URL(`./templates/${name}`, import.meta.url), 'utf8');
const options = { strict: true, preventIndent: true, knownHelpersOnly: true } as const;
for (const name of ['score', 'limit', 'crd-metric', 'card', 'bulk', 'trend-body', 'desk-head', 'desk-live', 'desk-log', 'desk-score'])
  engine.registerPartial(name, engine.compile(file(`${name}.hbs`).trim(), options));
const compiled = new Map<string, Handlebars.TemplateDelegate>();

/**
 * Fills a template from reports/templates. Values are HTML-escaped; a name that the view does not have is an error, not a blank.
 * The page's own policy allows exactly our script and our style: no request leaves it, and nothing of a payer's could run.
 */
export function fill(template: string, view: object, script = ''): string {
  let render = compiled.get(template);
  if (!render) {
    render = engine.compile(file(`${template}.hbs`), options);
    compiled.set(template, render);
  }
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${script === '' ? "'none'" : `'sha256-${hash}'`}; img-src data:; base-uri 'none'; form-action 'none'`;
  return render({ ...view, style: file('style.css'), policy, script });
}

/** Fills a page of `payer-assay serve`, whose policy the server sends with it. */
export function fillDesk(template: string, view: object): string {
  const name = `desk-${template}`;
  const render = compiled.get(name) ?? engine.compile(file(`${name}.hbs`), options);
  compiled.set(name, render);
  return render(view);
}

/** The style of every page. */
export const stylesheet = (): string => file('style.css');

/** Our own script, inlined into a page. */
export const script = (name: string): string => file(`${name}.js`);

/** JSON that may stand inside <script type="application/json">: nothing in it can end the element or start a comment. */
export const inert = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
