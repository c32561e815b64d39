import { startAppEhr } from '../../src/client/app/ehr.ts';
import { borrowBrowser, pictureFolder } from '../../src/client/app/session.ts';
import { Skip, Stop } from '../../src/client/provider.ts';
import type { AppCase, AppTarget } from '../../src/core/model.ts';
import { apps } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { inTarget, when } from '../forecast.ts';
import { theAppLink } from '../lessons.ts';
import { type Desk, launchOnce } from './launch.ts';
import { linked } from './links.ts';

/** What an app meets besides the ordinary launch. */
const troubles: readonly Exclude<AppCase, 'plain'>[] = ['denied', 'wrong-state', 'expired', 'slow', 'empty'];
const cases: readonly AppCase[] = ['plain', ...troubles];
/** Requests of one small app in all its launches, about. */
const perApp = 50;

const launching: Suite = {
  id: 'apps',
  title: 'Launch SMART apps in a browser, as an EHR does',
  scenarios: apps,
  after: theAppLink,
  asks: [asked('app.page', ...cases), asked('app.call', ...cases), asked('app.seen', ...cases)],
  requests: when(
    inTarget((target) => target.apps?.length),
    ({ target }) => (target.apps?.length ?? 0) * perApp,
  ),
  async drive(provider) {
    const { target, known } = provider;
    const wanted = target.apps ?? [];
    if (wanted.length === 0) throw new Skip('the target file names no SMART app to launch (apps)', 'target-file');
    if (!target.members.known) throw new Stop('the target file names no known member, so there is no record to launch an app from', 'target-file');
    const found = wanted.flatMap((app): readonly AppTarget[] => (app.url === undefined ? linked(app, known.notes['app.links'] ?? []) : [app]));
    const { browser, giveBack } = await borrowBrowser();
    const ehr = await startAppEhr(target.crd?.ehr);
    const stops: Stop[] = [];
    try {
      const pictures = pictureFolder(known.notes['run.pictures']);
      for (const [nth, app] of found.entries()) {
        if (app.url === undefined) {
          stops.push(
            new Stop(
              'an app of the target file (apps) has no url, and neither a card nor a DocumentReference of this run links to one',
              'target-file',
            ),
          );
          continue;
        }
        const desk: Desk = { browser, ehr, app: { ...app, url: app.url }, nth, ...(pictures === undefined ? {} : { pictures }) };
        const first = await launchOnce(provider, desk, 'plain');
        first.record();
        if (first.stop !== undefined) stops.push(first.stop);
        else {
          const others = await inOrder(app.cases ?? troubles, app.path !== undefined, (kind) => launchOnce(provider, desk, kind));
          for (const each of others) each.record();
        }
      }
    } finally {
      await ehr.close();
      await giveBack();
    }
    const [stop] = stops;
    if (stop !== undefined) throw new Stop(stops.map(({ message }) => message).join('; '), stop.because);
  },
};

/** Side by side, or one after the other where they share one address of our EHR. */
async function inOrder<From, To>(all: readonly From[], alone: boolean, work: (each: From) => Promise<To>): Promise<readonly To[]> {
  if (!alone) return Promise.all(all.map(work));
  const done: To[] = [];
  for (const each of all) done.push(await work(each));
  return done;
}

export const appsSuites: readonly Suite[] = [launching];
