import type { Handler } from '../kernel/payer.ts';
import { appScript } from './script.ts';

/** The plan's small SMART app: one page for launch and return, one script. */

const style = `body{font:16px/1.5 sans-serif;margin:2em;color:#111;background:#fff}dt{font-weight:bold}`;

export const launchPage: Handler = ({ url }, { origin, rules }) => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  body: rules.appPage(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Questionnaire</title><style>${style}</style></head>
<body><main><h1>Questionnaire</h1><p role="status" id="said">${
      /[?&](launch|code|error)=/.test(url) ? 'Opening the record …' : 'Open this questionnaire from your record system.'
    }</p><dl id="shown"></dl></main><script src="${origin}/apps/order.js"></script></body></html>`,
  ),
});

export const script: Handler = (_request, { origin, rules }) => ({
  status: 200,
  headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' },
  body: appScript(origin, rules.appTwist()),
});

/** Where a bad twin sends what it should keep. */
export const collect: Handler = () => ({ status: 204, headers: { 'access-control-allow-origin': '*' }, body: '' });

/** The picture, style or count of somebody else's that many pages load. */
export const elsewhere: Handler = () => ({ status: 200, headers: { 'content-type': 'text/css' }, body: 'h1{color:#036}' });
