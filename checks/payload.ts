import { clip, fail, notTestable, pass, warn } from '../src/core/findings.ts';
import type { Exchange, Finding, Issue, Json } from '../src/core/model.ts';

const bare = (canonical: string): string => canonical.split('|')[0] ?? canonical;
const strings = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);

/**
 * Judges what the validation tiers found in the payload of one exchange.
 * `profile` narrows to one canonical (version ignored when it names none): it must have been applied, or the row is not testable.
 * Errors fail with element and line; what could not be verified and might have been an error is not testable, never a pass.
 */
export function noErrors(exchange: Exchange, profile?: string): Finding {
  const { issues, facts = {} } = exchange;
  if (issues === undefined)
    return notTestable('No validator looked at this payload (it is not FHIR JSON, or validation was switched off).', 'set-up');
  if (profile !== undefined) {
    const applied = strings(facts['validation.profiles']).some((each) => matches(each, profile));
    if (!applied) return notTestable(`${profile} was not applied: ${absence(facts['validation.absent'], profile)}`, 'set-up');
  }
  const relevant = profile === undefined ? issues : issues.filter((each) => each.profile === undefined || matches(each.profile, profile));
  const errors = relevant.filter((each) => each.severity === 'error');
  const first = errors[0];
  if (first) {
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    return fail(exchange, `a payload valid against ${first.profile ?? profile ?? 'its profiles'}`, `${clip(issueLine(first), 240)}${more}`);
  }
  const open = relevant.filter((each) => each.severity === 'not-verifiable' && !mildWhenMissed(each));
  if (open[0])
    return notTestable(`Not verifiable here: ${clip(issueLine(open[0]), 200)}${open.length > 1 ? ` (and ${open.length - 1} more)` : ''}`, 'set-up');
  const mild = relevant.filter((each) => each.severity === 'not-verifiable').length;
  return mild === 0 ? pass : { outcome: 'pass', note: `${mild} codes under extensible bindings come from code systems that are not loaded` };
}

/** Like noErrors, for rows that only advise. */
export function noErrorsAdvised(exchange: Exchange, profile?: string): Finding {
  const finding = noErrors(exchange, profile);
  return finding.outcome === 'fail' ? warn(exchange, finding.expected, finding.actual) : finding;
}

/** Errors of the stored payload whose element lies at or below `under`, e.g. `Patient.identifier`. */
export const errorsUnder = (exchange: Exchange, under: string): readonly Issue[] =>
  (exchange.issues ?? []).filter(
    (each) =>
      each.severity === 'error' &&
      (each.expression === under || (/^[.[]/.test(each.expression.slice(under.length)) && each.expression.startsWith(under))),
  );

/** `line 12, Patient.name[0]: text [rule]`. */
export function issueLine(issue: Issue): string {
  const where = issue.line === undefined ? issue.expression : `line ${issue.line}, ${issue.expression}`;
  return `${where}: ${issue.text} [${issue.rule}]`;
}

/** An unknown code under an extensible binding would only be a warning, and about codes tier 1 has the say: not knowing these blocks no verdict. */
const mildWhenMissed = (issue: Issue): boolean => issue.tier === 2 || /^binding\.(extensible|preferred)|^code\./.test(issue.rule);

function matches(applied: string, wanted: string): boolean {
  return wanted.includes('|') ? applied === wanted : bare(applied) === wanted;
}

function absence(value: Json | undefined, profile: string): string {
  const note = strings(value).find((each) => each.startsWith(bare(profile)));
  return note ?? 'the payload does not claim it and no step demands it; load its package with `payer-assay ig add ID#VERSION`';
}
