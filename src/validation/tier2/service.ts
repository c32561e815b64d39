import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../../core/message.ts';
import { packageFolder } from '../packages/folders.ts';
import { build, type Home, prepareHome } from './home.ts';
import { AuthorityError, createWrapper, type Wrapper } from './wrapper.ts';

/** The HL7 engine in a process of our own, with one set of guides. */
export interface Service extends Wrapper {
  readonly url: string;
  readonly packages: readonly string[];
  stop(): Promise<void>;
}

/** Tier 2 is not run: why, and the one command that changes it. */
export interface NotRun {
  readonly what: 'tier 2 (HL7 engine)';
  readonly why: string;
  readonly fix: string;
}

export interface ServiceOptions {
  /** In load order, dependencies first: `id#version` or .tgz. What is not named is not loaded. */
  readonly packages: readonly string[];
  readonly cache?: string;
  /** Java command. Default `java`. */
  readonly java?: string;
  /** Milliseconds until it must be ready; building R4 core the first time takes about a minute of it. Default 300,000. */
  readonly startWithin?: number;
  /** Milliseconds for one request. */
  readonly timeout?: number;
  readonly heap?: string;
}

/**
 * It lives for minutes: what the second compiler and parallel collectors take of the processor does not come back even in a thousand resources
 * (ready after 6 s of processor time in place of 13, a thousand examples of US Core after 20 in place of 39).
 */
const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Starts the service, or says why it cannot run. A process that does not become ready in time is killed. */
export async function startService(options: ServiceOptions): Promise<Service | NotRun> {
  const made = build();
  if ('missing' in made) return notRun(made.missing, made.command);
  const cache = packageFolder(options.cache);
  let home: Home;
  try {
    home = prepareHome(options.packages, cache);
  } catch (cause) {
    return notRun(messageOf(cause), 'payer-assay ig add ID#VERSION');
  }
  const child = spawn(
    options.java ?? 'java',
    [
      `-Xmx${options.heap ?? '3g'}`,
      ...quickStart,
      `-Duser.home=${home.folder}`,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      `${made.jar}${process.platform === 'win32' ? ';' : ':'}${made.libraries}/*`,
      'payerassay.ValidatorService',
      ...(made.core === undefined ? [] : ['--core', made.core]),
      ...home.names,
    ],
    // The open pipe to its standard input is its leash: it ends when we do, however we end.
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  try {
    const port = await readyPort(child, options.startWithin ?? 300_000);
    const url = `http://127.0.0.1:${port}`;
    return {
      ...createWrapper(url, options.timeout === undefined ? {} : { timeout: options.timeout }),
      url,
      packages: home.names,
      stop: () => end(child),
    };
  } catch (cause) {
    await end(child);
    const why = messageOf(cause);
    return notRun(why, /ENOENT/.test(why) ? 'install a Java 17 runtime (e.g. apt-get install openjdk-17-jre-headless)' : made.command);
  }
}

const notRun = (why: string, fix: string): NotRun => ({ what: 'tier 2 (HL7 engine)', why, fix });

function readyPort(child: ChildProcess, within: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let out = '';
    let errors = '';
    const timer = setTimeout(() => reject(new AuthorityError(`the service was not ready after ${within} ms: ${errors.slice(-300)}`)), within);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-4096);
      const ready = /^READY (\d+)/m.exec(out);
      if (ready) settle(() => resolve(Number(ready[1])));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4096);
    });
    child.on('error', (cause) => settle(() => reject(new AuthorityError(`Java cannot be started: ${cause.message}`))));
    child.on('exit', (code) => settle(() => reject(new AuthorityError(`the service ended with code ${code}: ${errors.slice(-300)}`))));
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.stdin?.end();
    child.kill('SIGKILL');
  });
}
