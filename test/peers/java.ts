import { execFileSync } from 'node:child_process';

/**
 * For a Java program that lives for a minute or two: what the second compiler and parallel collectors take of the processor then never comes back.
 * A Maven build takes 2.7 s of processor time with it, and 6.2 s without.
 */
export const brief = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Runs Maven in the folder of a module; throws when it fails, its words are on standard error. */
export const maven = (cwd: string, ...args: readonly string[]): void =>
  void execFileSync('mvn', ['-q', '-B', ...args], {
    ...{ cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 },
    env: { ...process.env, MAVEN_OPTS: brief.join(' ') },
  });
