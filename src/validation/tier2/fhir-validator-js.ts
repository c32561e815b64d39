import { messageOf } from '../../core/message.ts';
import type { Issue, Json } from '../../core/model.ts';
import { isElement, listOf } from '../fhirpath/index.ts';
import { AuthorityError, issueOf, type Wrapper } from './wrapper.ts';

/** What the adapter uses of fhir-validator-js: an instance made for one set of guides. */
interface Instance {
  validate(resource: unknown, profiles?: readonly string[]): Promise<unknown>;
  shutdown(): void;
}
type Create = (context: object) => Promise<Instance>;

export interface AdapterOptions {
  readonly packages: readonly string[];
  /** A running validator-wrapper; without it the package starts its own (and needs its JRE and jar). */
  readonly url?: string;
  /** Where the package is found; default: by name. */
  readonly from?: string;
}

/**
 * Tier 2 through fhir-validator-js, where the user has installed it (an optional peer: its install step downloads a JRE and a jar).
 * @throws AuthorityError when it is not there or does not start.
 */
export async function fhirValidatorJs(options: AdapterOptions): Promise<Wrapper & { close(): void }> {
  const create = await load(options.from ?? 'fhir-validator-js');
  let instance: Instance;
  try {
    instance = await create({
      sv: '4.0.1',
      txServer: null,
      igs: [...options.packages],
      ...(options.url === undefined ? {} : { validatorUrl: options.url }),
    });
  } catch (cause) {
    throw new AuthorityError(`fhir-validator-js did not start: ${messageOf(cause)}`);
  }
  return {
    version: async () => 'fhir-validator-js',
    async validate(texts, profiles = []) {
      try {
        const resources = texts.map((text) => JSON.parse(text) as Json);
        const answer = (await instance.validate(resources, [...profiles])) as Json;
        // One resource is answered with one outcome, several with a list.
        const outcomes = Array.isArray(answer) ? (answer as readonly Json[]) : [answer];
        return outcomes.map((outcome): readonly Issue[] => (isElement(outcome) ? listOf(outcome['issues']).filter(isElement).map(issueOf) : []));
      } catch (cause) {
        throw new AuthorityError(`fhir-validator-js failed: ${messageOf(cause)}`);
      }
    },
    close: () => instance.shutdown(),
  };
}

async function load(name: string): Promise<Create> {
  try {
    const module = (await import(name)) as { default: Create };
    return module.default;
  } catch (cause) {
    throw new AuthorityError(
      `fhir-validator-js is not installed (${messageOf(cause).slice(0, 120)}). Our own service needs no such package: mvn -q -B -f validator/pom.xml package.`,
    );
  }
}
