import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { visible } from '../core/visible.ts';
import type { Triggered } from './play.ts';
import { type SheetState, sheetPage, sheetScript, sheetStyle, type Task } from './run-sheet-page.ts';

/** The run sheet as a page on loopback: one case after another, with a mark and what the screen of the client shows. */
export interface RunSheet {
  readonly url: string;
  /** Resolves when the operator has marked the case. Rejects when `signal` aborts. */
  ask(task: Task, signal: AbortSignal): Promise<Triggered>;
  /** The window of a case has begun. */
  waits(id: string, ms: number): void;
  close(): void;
}

const most = 16 * 1024;

/** Opens it. Only loopback is bound, and only who has the address from the terminal may mark anything. */
export async function openRunSheet(title: string): Promise<RunSheet> {
  const key = randomBytes(16).toString('base64url');
  let state: SheetState = { done: [], ended: false };
  let answered: ((told: Triggered) => void) | undefined;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const send = (status: number, type: string, body: string): void =>
      void outgoing
        .writeHead(status, {
          'content-type': `${type}; charset=utf-8`,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'content-security-policy':
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'",
        })
        .end(body);
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(incoming.headers.host ?? '') || !path.startsWith(`/${key}/`))
      return send(404, 'text/plain', 'Open the address that payer-assay client has printed.');
    const name = path.slice(key.length + 2);
    if (incoming.method === 'POST' && name === 'mark') {
      const form = new URLSearchParams(await textOf(incoming));
      const fits = state.task !== undefined && form.get('case') === state.task.case;
      if (fits) mark(form.get('unseen') === 'on' ? undefined : (form.get('shown') ?? ''));
      outgoing.writeHead(303, { location: `/${key}/` }).end();
      return;
    }
    if (name === 'state') return send(200, 'application/json', JSON.stringify(state));
    if (name === 'sheet.js') return send(200, 'text/javascript', sheetScript);
    if (name === 'sheet.css') return send(200, 'text/css', sheetStyle);
    return send(name === '' ? 200 : 404, 'text/html', sheetPage(title, state));
  }

  function mark(shown: string | undefined): void {
    const { task } = state;
    if (task === undefined) return;
    const lines = shown
      ?.split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
    const { task: _done, ...rest } = state;
    state = { ...rest, done: [...state.done, { case: task.case, shown: visible(lines?.join(' / ') ?? 'not seen').slice(0, 200) }] };
    answered?.(lines === undefined ? {} : { shown: lines });
  }

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${key}/`,
    ask(task, signal) {
      state = { ...state, task };
      return new Promise((resolve, reject) => {
        answered = resolve;
        signal.addEventListener('abort', () => reject(new Error('the run was interrupted')), { once: true });
      });
    },
    waits(id, ms) {
      const { task: _over, ...rest } = state;
      state = { ...(state.task?.case === id ? rest : state), waiting: { case: id, until: Date.now() + ms } };
    },
    close() {
      state = { ...state, ended: true };
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > most) return '';
  }
  return text;
}
