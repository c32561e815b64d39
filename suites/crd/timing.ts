import { hooks } from '../../src/client/requests/crd/hooks.ts';
import { ordering } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { hasCds, when } from '../forecast.ts';
import { withDesk } from './lib.ts';

/** Calls in flight at once: enough to end in bearable time, few enough to be no load test. */
const inFlight = 20;

/**
 * The percentile rule needs many calls, so it runs only where the operator agreed to them (`crd.samples` in the target file).
 * Source: http://hl7.org/fhir/us/davinci-crd/foundation.html (found-2)
 */
export const crdTiming: Suite = {
  id: 'crd.timing',
  title: 'How many hook calls come back in time',
  scenarios: ordering,
  needs: ['crd.discovery'],
  asks: [asked('cds.hook', ...hooks.flatMap((hook) => [`${hook}:warm-up`, `${hook}:timing`] as const)), asked('ehr.callback')],
  requests: when(hasCds, ({ target }) => (target.crd?.samples ?? 0) * hooks.length),
  async drive(provider) {
    const samples = provider.target.crd?.samples ?? 0;
    if (samples <= 0) return;
    await withDesk(provider, async (desk) => {
      for (const hook of hooks.filter((each) => desk.serviceFor(each) !== undefined)) {
        const scene = desk.scene();
        await desk.call(hook, { scene }, { variant: `${hook}:warm-up` });
        let left = samples;
        const lane = async (): Promise<void> => {
          while (left-- > 0) await desk.call(hook, { scene }, { variant: `${hook}:timing`, timeout: 20_000 });
        };
        await Promise.all(Array.from({ length: Math.min(inFlight, samples) }, lane));
      }
    });
  },
};
