import { messageOf } from '../../core/message.ts';
import type { Issue, Run, ValidationSettings } from '../../core/model.ts';
import { type Service, startService } from './service.ts';
import { AuthorityError, createWrapper, type Wrapper } from './wrapper.ts';

/** Tier 2 for one run: started at the first payload, given up for good when it fails twice. */
export interface Hl7Validator {
  /** One list of issues for each text; empty lists once it was given up. */
  validate(texts: readonly string[]): Promise<readonly (readonly Issue[])[]>;
  /** Engine and version, once known. */
  names(): readonly string[];
  notRun(): Run['notRun'];
  close(): Promise<void>;
}

/** Opens what `settings.hl7Validator` names: our own service with the same packages, or a site's wrapper. */
export function openHl7Validator(settings: ValidationSettings): Hl7Validator {
  const { hl7Validator, packages = [] } = settings;
  const failures: Run['notRun'][number][] = [];
  const names: string[] = [];
  let service: Service | undefined;
  let wrapper: Promise<Wrapper | undefined> | undefined;
  let lives = 2;

  async function start(): Promise<Wrapper | undefined> {
    if (typeof hl7Validator === 'object') return named(createWrapper(hl7Validator.url, { context: { igs: [...packages] } }), hl7Validator.url);
    const started = await startService({ packages, ...(settings.cache === undefined ? {} : { cache: settings.cache }) });
    if ('fix' in started) {
      failures.push(started);
      lives = 0;
      return undefined;
    }
    service = started;
    return named(started, 'local service');
  }

  async function named(one: Wrapper, where: string): Promise<Wrapper> {
    const name = `HL7 engine ${await one.version()} (${where})`;
    if (!names.includes(name)) names.push(name);
    return one;
  }

  const fix = typeof hl7Validator === 'object' ? `start the validator-wrapper at ${hl7Validator.url}` : 'look at memory and Java, then run again';

  /** What the engine refuses to read is asked alone, so that it silences no other. */
  async function ask(one: Wrapper, texts: readonly string[]): Promise<readonly (readonly Issue[])[]> {
    try {
      return await one.validate(texts);
    } catch (cause) {
      if (!(cause instanceof AuthorityError) || cause.status === undefined) throw cause;
      if (texts.length === 1) return [[refused(cause)]];
      const answers: (readonly Issue[])[] = [];
      for (const text of texts) answers.push(...(await ask(one, [text])));
      return answers;
    }
  }

  return {
    async validate(texts) {
      const none = texts.map(() => []);
      while (lives > 0) {
        try {
          wrapper ??= start();
          const one = await wrapper;
          return one === undefined ? none : await ask(one, texts);
        } catch (cause) {
          // A service that died or hangs is replaced once; a payload is never blamed for it.
          lives--;
          wrapper = undefined;
          await service?.stop();
          if (lives === 0) failures.push({ what: 'tier 2 (HL7 engine)', why: messageOf(cause), fix });
        }
      }
      return none;
    },
    names: () => names,
    notRun: () => failures,
    close: async () => service?.stop(),
  };
}

const refused = (cause: AuthorityError): Issue => ({
  severity: 'not-verifiable',
  rule: 'engine',
  expression: '',
  text: `The HL7 engine could not read this payload: ${cause.message.slice(0, 300)}.`,
  tier: 2,
});
