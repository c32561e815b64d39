import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { type Profile, profileOf } from '../../src/load/profiles.ts';
import { runLoad } from '../../src/load/run-load.ts';
import { serve } from '../cli/payer-assay.ts';
import { skip } from './k6.ts';
import { at, fieldsOf, unsnapped } from './wire.ts';

/** What k6 sends elsewhere, as a backend receives it; and a backend that is not there. */

const smoke = profileOf('smoke');
const profile: Profile = { ...smoke, tolerated: 1, stages: smoke.stages.slice(1).map((each) => ({ ...each, rate: 80, seconds: 2 })) };

let embedded: Embedded;
before(async () => {
  embedded = await startEmbedded();
  embedded.payer.inject({ name: 'now and then the last member once more', at: 'read', behaviour: 'mixes-up-sessions' });
});
after(() => embedded.close());

/** Loads with one further output of k6, set up by environment as docs/load.md says. */
async function loadWith(output: string, settings: Readonly<Record<string, string>>) {
  Object.assign(process.env, settings);
  try {
    const outcome = await runLoad(profile, { target: embedded.target, secrets: embedded.secrets, outputs: [output] });
    assert.ok('latency' in outcome, JSON.stringify(outcome));
    assert.ok((outcome.latency.load?.requests ?? 0) > 100 && (outcome.latency.load?.mixedUp ?? 0) > 0, JSON.stringify(outcome.latency.load));
    return outcome;
  } finally {
    for (const name of Object.keys(settings)) delete process.env[name];
  }
}

/** A backend that keeps every body posted to `path`. */
async function backend(path: string) {
  const bodies: Buffer[] = [];
  const { origin, close } = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'POST' && request.url === path) bodies.push(Buffer.concat(chunks));
    response.writeHead(200).end();
  });
  return { origin, close, bodies };
}

const otel = (origin: string) => ({
  K6_OTEL_EXPORTER_PROTOCOL: 'http/protobuf',
  K6_OTEL_HTTP_EXPORTER_ENDPOINT: new URL(origin).host,
  K6_OTEL_HTTP_EXPORTER_INSECURE: 'true',
});

test('OpenTelemetry: our metrics and those of k6 arrive', { skip }, async () => {
  const { origin, close, bodies } = await backend('/v1/metrics');
  try {
    const { troubles } = await loadWith('opentelemetry', otel(origin));
    assert.deepEqual(troubles, []);
    // ExportMetricsServiceRequest: resource_metrics 1, scope_metrics 2, metrics 2, name 1.
    const names = new Set(bodies.flatMap((body) => at(body, 1, 2, 2, 1)).map(String));
    for (const wanted of ['conformant', 'server_errors', 'mixed_up_members', 'http_req_duration'])
      assert.ok(
        [...names].some((name) => name.startsWith(wanted)),
        `${wanted} is not among ${[...names].join(', ')}`,
      );
  } finally {
    close();
  }
});

test('Prometheus remote write: our metrics and those of k6 arrive, by step', { skip }, async () => {
  const { origin, close, bodies } = await backend('/api/v1/write');
  try {
    const { troubles } = await loadWith('experimental-prometheus-rw', { K6_PROMETHEUS_RW_SERVER_URL: `${origin}/api/v1/write` });
    assert.deepEqual(troubles, []);
    // WriteRequest: timeseries 1; of these labels 1 (name 1, value 2) and samples 2 (value 1, a double).
    const series = bodies
      .flatMap((body) => at(unsnapped(body), 1))
      .map((each) => ({
        labels: Object.fromEntries(at(each, 1).map((label) => [String(at(label, 1)[0]), String(at(label, 2)[0])])),
        value: fieldsOf(at(each, 2).at(-1) ?? Buffer.alloc(0))
          .find(({ number }) => number === 1)
          ?.bytes.readDoubleLE(0),
      }));
    const called = (name: string, step?: string) =>
      series.filter(({ labels }) => labels['__name__'] === name && (step === undefined || labels['step'] === step)).map(({ value }) => value ?? 0);
    assert.ok(called('k6_conformant_rate', 'read').length > 0);
    assert.deepEqual(new Set(called('k6_server_errors_rate')), new Set([0]));
    assert.ok(Math.max(...called('k6_mixed_up_members_total', 'read')) > 0);
    assert.ok(called('k6_http_req_duration_p99').every((seconds) => seconds > 0 && seconds < 10));
  } finally {
    close();
  }
});

for (const [output, settings] of [
  ['opentelemetry', otel('http://127.0.0.1:9')],
  ['experimental-prometheus-rw', { K6_PROMETHEUS_RW_SERVER_URL: 'http://127.0.0.1:9/api/v1/write' }],
] as const)
  test(`nobody listens to ${output}: the load is whole, and the report says that its metrics went nowhere`, { skip }, async () => {
    const { latency, troubles } = await loadWith(output, settings);
    // A machine that is busy with other tests is another matter.
    assert.doesNotMatch(latency.load?.inconclusive ?? '', /ended|interrupted|stopped/);
    assert.deepEqual(
      troubles?.map(({ what }) => what),
      [`k6 output ${output}`],
    );
    assert.match(troubles?.[0]?.why ?? '', /can't|Failed to send/);
    assert.match(troubles?.[0]?.fix ?? '', /docs\/load\.md/);
  });

test('an output that k6 does not know is reported with those that it knows', { skip }, async () => {
  const outcome = await runLoad(profile, { target: embedded.target, secrets: embedded.secrets, outputs: ['opentelemtry'] });
  assert.match('notRun' in outcome ? outcome.notRun.why : '', /invalid output type 'opentelemtry', available types are: .*opentelemetry/);
});
