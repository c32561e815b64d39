import { asArray, asObject, asString, at, entriesOf, isJsonMedia, isObject, isResource, jsonOf, mediaTypeOf, type Resource } from '../core/fhir.ts';
import type { Exchange, Facts, Issue, Json, Known, Run, Step, ValidationSettings } from '../core/model.ts';
import type { Validator } from '../validation/port.ts';
import type { Hl7Validator } from '../validation/tier2/hl7-validator.ts';
import { reconcile } from '../validation/tier2/reconcile.ts';
import type { Enricher } from './enricher.ts';

/** The validation of one run: an enricher, and afterwards what judged and what did not run. */
export interface Validation {
  readonly enricher: Enricher;
  /** For Run.validators: packages and engines. Empty when no payload came. */
  validators(): readonly string[];
  notRun(): Run['notRun'];
  close(): Promise<void>;
}

/** Issues kept per exchange, worst first; the counts are kept whole. */
const most = 50;
/** Characters of bodies remembered. */
const mostHeld = 16 * 2 ** 20;
const severityRank = { error: 0, 'not-verifiable': 1, warning: 2, information: 3 } as const;

interface Outcome {
  readonly facts: Facts;
  readonly issues: readonly Issue[];
}

/**
 * Validates FHIR payloads against the profiles they claim, and those that the server's CapabilityStatement demands of their type.
 * Packages are opened when the first payload comes. The same body is judged once: fault runs repeat most answers.
 */
export function createValidation(settings: ValidationSettings = {}): Validation {
  let opening: Promise<{ readonly validator: Validator; readonly hl7Validator: Hl7Validator | undefined }> | undefined;
  let opened: Awaited<NonNullable<typeof opening>> | undefined;
  const known = new Map<string, Outcome>();
  let held = 0;

  async function open() {
    const [{ sharedValidator }, { openHl7Validator }] = await Promise.all([
      import('../validation/shared.ts'),
      import('../validation/tier2/hl7-validator.ts'),
    ]);
    opened = {
      validator: sharedValidator(settings),
      hl7Validator: settings.hl7Validator === undefined || settings.hl7Validator === 'off' ? undefined : openHl7Validator(settings),
    };
    return opened;
  }

  const enricher: Enricher = async (exchange, journey) => {
    const body = payloadOf(exchange);
    if (body === undefined) return {};
    const demanded = demanding.has(exchange.step) ? demandedProfiles(journey) : {};
    const key = `${isBulk(exchange)} ${JSON.stringify(exchange.facts?.['file.beyond'] ?? '')}\n${JSON.stringify(demanded)}\n${body}`;
    const before = known.get(key);
    if (before) return before;
    opening ??= open();
    const { validator, hl7Validator } = await opening;
    const outcome = isBulk(exchange)
      ? await records(numbered(body, exchange.facts?.['file.beyond']), { validator, hl7Validator, demanded, sample: settings.sample ?? 100 })
      : await single(body, validator, hl7Validator, demanded);
    // A bounded memory: all is forgotten when it grows past that.
    if (held + key.length > mostHeld) {
      known.clear();
      held = 0;
    }
    if (key.length < mostHeld / 10) {
      known.set(key, outcome);
      held += key.length;
    }
    return outcome;
  };

  return {
    enricher,
    validators: () => (opened ? [...opened.validator.packages, ...(opened.hl7Validator?.names() ?? [])] : []),
    notRun: () => [
      ...(opened?.validator.absent ?? []).map((why) => ({ what: 'a validation package', why, fix: 'payer-assay ig add ID#VERSION' })),
      ...(opened?.hl7Validator?.notRun() ?? []),
    ],
    close: async () => opened?.hl7Validator?.close(),
  };
}

/** Steps that answer with a member's whole resources; operations may answer with as much as they like. */
const demanding: ReadonlySet<Step> = new Set<Step>(['read', 'vread', 'search', 'page', 'everything', 'bulk.file']);

const isBulk = ({ step }: Exchange): boolean => step === 'bulk.file';

/** What a CDS service would have created, as one Bundle. Updates hold what we sent ourselves. */
function suggestedIn({ response }: Exchange): string | undefined {
  const body = response?.status === 200 ? jsonOf(response) : undefined;
  const suggested = asArray(at(body, 'cards')).flatMap((card) => asArray(at(card, 'suggestions')).flatMap((each) => asArray(at(each, 'actions'))));
  const created = [...asArray(at(body, 'systemActions')), ...suggested]
    .filter((each) => at(each, 'type') === 'create')
    .map((each) => at(each, 'resource'))
    .filter((each) => isResource(each));
  if (created.length === 0) return undefined;
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: created.map((resource) => ({ resource })) });
}

/** The body, when it is FHIR JSON: a resource, or NDJSON of a bulk file; of an answer to a hook what it would have created. */
function payloadOf(exchange: Exchange): string | undefined {
  const { response } = exchange;
  if (!response || response.body === '') return undefined;
  const media = mediaTypeOf(response);
  // Attachments of a bulk export come by the same step and are no resources.
  if (isBulk(exchange) && exchange.variant === 'attachment') return undefined;
  if (isBulk(exchange)) return response.status === 200 && /ndjson|json/.test(media) ? response.body : undefined;
  if (!isJsonMedia(media)) return undefined;
  if (exchange.step === 'cds.hook') return suggestedIn(exchange);
  return media === 'application/fhir+json' || isResource(jsonOf(response)) ? response.body : undefined;
}

async function single(body: string, validator: Validator, hl7Validator: Hl7Validator | undefined, demanded: Demanded): Promise<Outcome> {
  const { lineOf } = await import('../validation/position.ts');
  const { claimsOf } = await import('../validation/port.ts');
  const parsed = parse(body);
  if (!isObject(parsed) || typeof parsed['resourceType'] !== 'string') return outcomeOf(validator.validateText(body, []), validator, [], []);
  const resource = parsed as Resource;
  const issues = [...validator.validateText(body, [...claimsOf(resource), ...wanted(resource, demanded)])];
  const applied = new Set([...claimsOf(resource), ...wanted(resource, demanded)]);
  const claimed = new Set(claimsOf(resource));
  entriesOf(resource).forEach(({ resource: inner }, i) => {
    if (!inner) return;
    for (const claim of claimsOf(inner)) {
      applied.add(claim);
      claimed.add(claim);
    }
    for (const profile of wanted(inner, demanded)) {
      applied.add(profile);
      for (const issue of validator.validate(inner, [profile]))
        issues.push({ ...issue, expression: issue.expression.replace(inner.resourceType, `${resource.resourceType}.entry[${i}].resource`) });
    }
  });
  if (hl7Validator) issues.push(...reconcile((await hl7Validator.validate([body]))[0] ?? [], issues));
  return outcomeOf(
    unique(issues).map((issue) => (issue.line !== undefined || issue.expression === '' ? issue : { ...issue, line: lineOf(body, issue.expression) })),
    validator,
    [...applied],
    [...claimed],
  );
}

interface Line {
  readonly text: string;
  readonly line: number;
}

interface Judges {
  readonly validator: Validator;
  readonly hl7Validator: Hl7Validator | undefined;
  readonly demanded: Demanded;
  /** Most records that the engine sees. */
  readonly sample: number;
}

/** Lines of a stored file with their numbers in the file itself; the last ones may come from far behind the beginning. */
function numbered(body: string, beyond: Json | undefined): readonly Line[] {
  const lines = body.split('\n').flatMap((text, i) => (text.trim() === '' ? [] : [{ text, line: i + 1 }]));
  const numbers = asArray(beyond);
  const beginning = lines.length - numbers.length;
  return lines.map(({ text, line }, i) => ({ text, line: i < beginning ? line : Number(numbers[i - beginning]) }));
}

/** Every record through the in-process tiers, an even sample through the engine. */
async function records(lines: readonly Line[], { validator, hl7Validator, demanded, sample }: Judges): Promise<Outcome> {
  const { claimsOf } = await import('../validation/port.ts');
  const applied = new Set<string>();
  const claimed = new Set<string>();
  const issues: Issue[] = [];
  for (const { text, line } of lines) {
    const resource = parse(text);
    const profiles = [
      ...new Set([
        ...claimsOf(resource ?? null),
        ...(isObject(resource) && typeof resource['resourceType'] === 'string' ? wanted(resource as Resource, demanded) : []),
      ]),
    ];
    for (const profile of profiles) applied.add(profile);
    for (const claim of claimsOf(resource ?? null)) claimed.add(claim);
    for (const issue of validator.validateText(text, profiles)) issues.push({ ...issue, line });
  }
  if (hl7Validator) {
    const stride = Math.max(1, Math.ceil(lines.length / sample));
    const chosen = lines.filter((_, i) => i % stride === 0);
    (await hl7Validator.validate(chosen.map(({ text }) => text))).forEach((found, i) => {
      const line = chosen[i]?.line ?? 0;
      const own = issues.filter((each) => each.line === line && each.tier < 2);
      for (const issue of reconcile(found, own)) issues.push({ ...issue, line });
    });
  }
  return outcomeOf(unique(issues), validator, [...applied], [...claimed]);
}

function outcomeOf(issues: readonly Issue[], validator: Validator, profiles: readonly string[], claimed: readonly string[]): Outcome {
  const counts: Record<string, number> = {};
  for (const { severity } of issues) counts[severity] = (counts[severity] ?? 0) + 1;
  const judged: string[] = [];
  const absent: string[] = [];
  for (const canonical of profiles.slice(0, 200)) {
    const profile = validator.compiler.profile(canonical);
    if (typeof profile === 'string') absent.push(profile);
    else judged.push(profile.canonical);
  }
  // Best-practice advice on narratives would drown everything else.
  const kept = issues.filter((each) => each.severity !== 'information' && each.rule !== 'invariant.dom-6' && !each.rule.endsWith('#dom-6'));
  return {
    issues: [...kept].sort((a, b) => severityRank[a.severity] - severityRank[b.severity]).slice(0, most),
    facts: {
      'validation.profiles': judged,
      ...(claimed.length === 0 ? {} : { 'validation.claimed': claimed.slice(0, 200) }),
      'validation.counts': counts,
      ...(absent.length === 0 ? {} : { 'validation.absent': absent }),
    },
  };
}

function unique(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter((each) => {
    const key = `${each.tier} ${each.rule} ${each.expression} ${each.line ?? ''} ${each.text}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Profiles that every resource of a type shall follow here, by type. */
type Demanded = Readonly<Record<string, string>>;

/** A type with exactly one supportedProfile leaves no choice; with several, the claim of each resource decides. */
function demandedProfiles({ capability }: Known): Demanded {
  const out: Record<string, string> = {};
  for (const rest of asArray(at(capability, 'rest'))) {
    for (const resource of asArray(at(rest, 'resource'))) {
      const type = asString(asObject(resource)['type']);
      const [profile, ...others] = asArray(asObject(resource)['supportedProfile']).map(asString);
      if (type !== undefined && profile !== undefined && others.length === 0) out[type] = profile;
    }
  }
  return out;
}

const wanted = (resource: Resource, demanded: Demanded): readonly string[] => {
  // A subset (_elements, _summary) is tagged, and is not meant to be complete.
  if (asArray(at(resource, 'meta', 'tag')).some((tag) => at(tag, 'code') === 'SUBSETTED')) return [];
  const profile = Object.hasOwn(demanded, resource.resourceType) ? demanded[resource.resourceType] : undefined;
  return profile === undefined ? [] : [profile];
};

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
