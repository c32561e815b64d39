import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { script, stylesheet } from '../../reports/page.ts';
import { scenarios } from '../core/vocabulary.ts';
import { profileNames, profileOf } from '../load/profiles.ts';
import { shelf } from '../plan/load.ts';
import { nameOf } from '../plan/resolve.ts';
import { stateIn } from '../run/state.ts';
import { readRun } from '../run/stored.ts';
import { comparePage } from './compare-page.ts';
import { pathOf, typeOf } from './files.ts';
import { guard, refusal } from './guard.ts';
import { liveScores } from './live.ts';
import { historyPage, homePage, liveParts, matrixPage, problemPage, runHref, runPage } from './pages.ts';
import { logFile, runsIn, type StoredRun, storedRun } from './runs.ts';
import { sheetPage } from './sheet.ts';
import { type Command, startRun, stopRun } from './start.ts';
import { embeddedTarget, targetsIn } from './targets.ts';

export interface ServeOptions {
  /** Folder of the runs, and folder of the target files. */
  readonly out: string;
  readonly targets: string;
  /** 0: a free one. */
  readonly port: number;
  readonly readOnly: boolean;
  /** How to start the command line. */
  readonly command: Command;
}

export interface Desk {
  readonly origin: string;
  /** Ends the server. Runs that it started go on. */
  close(): Promise<void>;
}

/** Longest part of a log that is shown, bytes. */
const logTail = 32_768;
const beat = 1_000;

/** The local page: loopback only. Everything it knows it reads from the folders, at each request anew. Throws when the port is taken. */
export async function serveDesk({ out, targets, port, readOnly, command }: ServeOptions): Promise<Desk> {
  const token = randomBytes(24).toString('base64url');
  const frame = { token: readOnly ? '' : token, readOnly };
  const scores = liveScores();
  const stopping = new AbortController();
  const app = new Hono();
  let bound = port;
  app.use(guard(() => bound));

  const cards = () => [embeddedTarget, ...targetsIn(targets)];
  const plans = shelf().plans.map((plan) => ({ name: nameOf(plan), status: plan.status }));
  const profiles = profileNames.map((name) => ({ name, title: profileOf(name).title }));
  const problem = (context: Context, status: 400 | 403 | 404 | 409 | 413, what: string, next: string) =>
    context.html(problemPage(frame, what, next), status);
  const missing = (context: Context) =>
    problem(context, 404, 'There is no such run here.', 'It may have been pruned. The list of runs has those that are there.');
  /** The run of a name, which is that of a folder directly beneath ours: no name leads out of it. */
  const runOf = (context: Context): StoredRun | undefined => {
    const name = context.req.param('name') ?? '';
    return /^[\w][\w.-]*$/.test(name) ? storedRun(join(out, name)) : undefined;
  };

  app.get('/', (context) =>
    context.html(
      homePage(frame, { targets: cards(), plans, profiles, runs: runsIn(out), stateOf: ({ folder }) => stateIn(folder), out, targetFolder: targets }),
    ),
  );
  app.get('/desk.css', (context) => context.body(stylesheet(), 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/desk.js', (context) => context.body(script('desk'), 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/history', (context) => context.html(historyPage(frame, context.req.query('target') ?? '', runsIn(out))));
  app.get('/matrix', (context) => context.html(matrixPage(frame, runsIn(out))));

  app.get('/sheet', (context) => {
    const ofClients = runsIn(out).filter(({ summary }) => summary?.side === 'client');
    const wanted = context.req.query('run');
    const chosen = ofClients.find(({ name }) => name === wanted);
    return context.html(
      sheetPage(frame, {
        runs: ofClients.map(({ name, summary }) => ({ name, target: summary?.target ?? '' })),
        ...(chosen === undefined ? {} : { name: chosen.name, run: readRun(chosen.folder) }),
      }),
    );
  });

  app.get('/compare', (context) => {
    const sides = ['a', 'b'].map((key) => runsIn(out).find(({ name, summary }) => summary !== undefined && name === context.req.query(key)));
    const [before, after] = sides;
    if (before === undefined || after === undefined)
      return problem(context, 400, 'Two finished runs are needed.', 'Go back and choose one as "before" and one as "after".');
    return context.html(comparePage(frame, { name: before.name, run: readRun(before.folder) }, { name: after.name, run: readRun(after.folder) }));
  });

  app.get('/runs/:name', (context) => {
    const run = runOf(context);
    if (run === undefined) return missing(context);
    const state = stateIn(run.folder);
    const score = run.state === 'running' ? scores.of(run.folder) : undefined;
    return context.html(runPage(frame, { run, state, score, log: logOf(run.folder, state?.said) }));
  });

  app.get('/runs/:name/events', (context) => {
    const run = runOf(context);
    if (run === undefined) return missing(context);
    return streamSSE(context, async (stream) => {
      const sent = new Map<string, string>();
      let open = true;
      stream.onAbort(() => {
        open = false;
      });
      for (let quiet = 0; open && !stopping.signal.aborted; quiet++) {
        const now = storedRun(run.folder);
        if (now?.state !== 'running') {
          await stream.writeSSE({ event: 'over', data: now?.state ?? 'gone' });
          return;
        }
        const state = stateIn(run.folder);
        for (const [event, data] of Object.entries(liveParts(state, scores.of(run.folder), logOf(run.folder, state?.said)))) {
          if (sent.get(event) === data) continue;
          sent.set(event, data);
          quiet = 0;
          await stream.writeSSE({ event, data });
        }
        // A proxy or a sleeping laptop shows by a line that cannot be written.
        if (quiet > 10) {
          quiet = 0;
          await stream.writeSSE({ event: 'quiet', data: '' });
        }
        await stream.sleep(beat);
      }
    });
  });

  app.get('/runs/:name/files/:file{.+}', (context) => {
    const run = runOf(context);
    const path = run && pathOf(run.folder, context.req.param('file'));
    if (path === undefined) return problem(context, 404, 'There is no such file in this run.', 'Go back to the run: it lists what was written.');
    // A report holds words of a payer. Should any of them ever run, it would be in a place without access to this page.
    const headers = { 'content-type': typeOf(path), 'content-security-policy': 'sandbox allow-scripts allow-downloads' };
    return context.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, headers);
  });

  const limit = bodyLimit({ maxSize: 65_536, onError: (context) => problem(context, 413, 'The form is too large.', 'Choose less.') });
  app.post('/runs', limit, async (context) => {
    const form = await context.req.parseBody({ all: true });
    const why = readOnly ? 'this page only shows (--read-only)' : refusal(context, form, token);
    if (why !== undefined) return problem(context, 403, `The run was not started: ${why}.`, 'Nothing was sent to anybody.');
    const wish = wishOf(form);
    if (typeof wish === 'string') return problem(context, 400, wish, 'Go back and correct it. Nothing was sent to anybody.');
    return context.redirect(runHref(startRun(resolve(out), wish, command, process.cwd())), 303);
  });
  app.post('/runs/:name/stop', limit, async (context) => {
    const form = await context.req.parseBody();
    const why = readOnly ? 'this page only shows (--read-only)' : refusal(context, form, token);
    if (why !== undefined) return problem(context, 403, `The run was not stopped: ${why}.`, 'It goes on.');
    const run = runOf(context);
    if (run === undefined) return missing(context);
    if (!stopRun(run)) return problem(context, 409, 'There is nothing to stop.', 'The run is over, or belongs to somebody else.');
    return context.redirect(runHref(run.name), 303);
  });

  /** What the form asks for; in words what is wrong with it. Only what this page offers is taken. */
  function wishOf(form: Readonly<Record<string, unknown>>) {
    const listed = (name: string): readonly string[] =>
      [form[name] ?? []].flat().filter((each): each is string => typeof each === 'string' && each !== '');
    const [file = ''] = listed('target');
    const card = cards().find((each) => each.file === file && !each.broken);
    if (card === undefined) return `There is no target file "${file}" here that can be used.`;
    const [only = ''] = listed('only');
    if (only !== '' && !/^[A-Za-z][\w.,-]{0,199}$/.test(only))
      return 'Requirement ids hold letters, digits, dots and hyphens, with commas between them.';
    const [load = ''] = listed('load');
    if (load !== '' && !profiles.some(({ name }) => name === load)) return `There is no load called "${load}".`;
    const wrongPlan = listed('plan').find((each) => !plans.some(({ name }) => name === each));
    if (wrongPlan !== undefined) return `There is no plan called "${wrongPlan}".`;
    const wrongScenario = listed('scenario').find((each) => !scenarios.some((scenario) => scenario === each));
    if (wrongScenario !== undefined) return `The scenario "${wrongScenario}" does not exist.`;
    const subject = card.file === embeddedTarget.file ? ['--embedded'] : ['--target', resolve(targets, card.file)];
    return { subject, name: card.name, plans: listed('plan'), scenarios: listed('scenario'), only, load, apps: listed('apps').length > 0 };
  }

  app.notFound((context) => problem(context, 404, 'There is no such page here.', 'The links above lead to those that are there.'));
  app.onError((cause, context) => context.html(problemPage(frame, 'This could not be shown.', cause.message), 500));

  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://127.0.0.1:${bound}`,
    async close() {
      stopping.abort();
      await scores.end();
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

/** The end of what the run said; of a run from a terminal, what its state repeats. */
function logOf(folder: string, said: readonly string[] = []): string {
  try {
    const file = openSync(join(folder, logFile), 'r');
    try {
      const { size } = fstatSync(file);
      const chunk = Buffer.alloc(Math.min(size, logTail));
      readSync(file, chunk, 0, chunk.length, size - chunk.length);
      return chunk.toString('utf8').replace(/\u001b\[[0-9;]*m/g, '');
    } finally {
      closeSync(file);
    }
  } catch {
    return said.join('\n');
  }
}
