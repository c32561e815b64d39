import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

/** Templates hold each/if only; whatever needs thought is done in reports/view and tested there as data. */
const engine = Handlebars.create();
const file = (name: string): string => readFileSync(new URL(`./templates/${name}`, import.meta.url), 'utf8');
const compiled = new Map<string, Handlebars.TemplateDelegate>();

/** Fills a template from reports/templates. Values are HTML-escaped; a name that the view does not have is an error, not a blank. */
export function fill(template: string, view: object): string {
  let render = compiled.get(template);
  if (!render) {
    render = engine.compile(file(`${template}.hbs`), { strict: true, preventIndent: true, knownHelpersOnly: true });
    compiled.set(template, render);
  }
  return render({ ...view, style: file('style.css') });
}

/** Our own script, inlined into a page. */
export const script = (name: string): string => file(`${name}.js`);

/** JSON that may stand inside <script type="application/json">: nothing in it can end the element or start a comment. */
export const inert = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
