import { primitivePatterns } from './primitive-patterns.ts';

/**
 * Published definitions that are known to be wrong: what is used instead, why, and where that can be looked up. Nothing else in this folder departs from
 * what R4 (4.0.1) and the guides publish. test/validation/errata.test.ts has an example for each that the published form judges wrongly.
 */
interface Erratum {
  readonly why: string;
  readonly source: string;
}

/** An invariant, by the key and the expression that are published (white space does not count): profiles repeat those of their base. */
export interface InvariantErratum extends Erratum {
  readonly key: string;
  readonly published: string;
  readonly instead: string;
}

const engine = 'HL7 FHIR validator 6.10.4, class FHIRPathExpressionFixer, corrects the same expression';

export const invariantErrata: readonly InvariantErratum[] = [
  {
    key: 'pd-1',
    published: 'telecom or endpoint',
    instead: 'telecom.exists() or endpoint.exists()',
    why: 'or takes one item on each side: two telecoms are an error of the expression, not of the resource',
    source: `US Core 7.0.0 publishes the corrected form; ${engine}`,
  },
  {
    key: 'ref-1',
    published: "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))",
    instead:
      "reference.hasValue() implies (reference = '#' or reference.startsWith('#').not() or (reference.substring(1) in %rootResource.contained.id))",
    why: 'a reference without a literal (logical, display only, data absent) says nothing about contained resources, and # alone is the container itself, which dom-3 asks for',
    source: `https://hl7.org/fhir/R4/references.html#contained; ${engine}`,
  },
  {
    key: 'bdl-8',
    published: "fullUrl.contains('/_history/').not()",
    instead: "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
    why: 'an entry may lack a fullUrl, and the expression is empty then',
    source: engine,
  },
  {
    key: 'vs-1',
    published: '($this as dateTime).toString().length() >= 8',
    instead: '($this is dateTime) implies ($this.toString().length() >= 10)',
    why: 'the text says "if effective[x] is dateTime", and vital signs may have a Period; a date precise to the day has ten characters',
    source: 'https://hl7.org/fhir/R4/vitalsigns.html, constraint vs-1; US Core publishes the corrected form',
  },
  {
    key: 'us-core-1',
    published: '$this is DateTime implies $this.toString().length() >= 10',
    instead: '($this is dateTime) implies ($this.toString().length() >= 10)',
    why: 'DateTime is the type of FHIRPath, dateTime that of FHIR elements',
    source: 'https://hl7.org/fhir/R4/fhirpath.html#types; the same guide publishes vs-1 with dateTime',
  },
  {
    key: 'tim-9',
    published: "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))",
    instead: "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())",
    why: 'in takes one item on its left, and when may be given several times',
    source: engine,
  },
  {
    key: 'con-3',
    published:
      "clinicalStatus.exists() or verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code = 'entered-in-error').exists() or category.select($this='problem-list-item').empty()",
    instead:
      "clinicalStatus.exists() or verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code = 'entered-in-error').exists() or category.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-category' and code='problem-list-item').empty()",
    why: 'a CodeableConcept never equals a text, and select() of false is not empty: every Condition without clinicalStatus but with a category was accused',
    source: `https://hl7.org/fhir/R4/condition.html, constraint con-3 (its text names the category problem-list-item); ${engine}`,
  },
  {
    key: 'que-12',
    published: 'enableWhen.count() > 2 implies enableBehavior.exists()',
    instead: 'enableWhen.count() >= 2 implies enableBehavior.exists()',
    why: 'the text says "if there are more than one enableWhen"',
    source: engine,
  },
  {
    key: 'que-7',
    published: "operator = 'exists' implies (answer is Boolean)",
    instead: "operator = 'exists' implies (answer is boolean)",
    why: 'Boolean is the type of FHIRPath, boolean that of FHIR elements',
    source: engine,
  },
  {
    key: 'ras-2',
    published: 'probability is decimal implies (probability as decimal) <= 100',
    instead: '(probability.exists() and (probability is decimal)) implies ((probability as decimal) <= 100)',
    why: 'without a probability the expression is empty',
    source: engine,
  },
  {
    key: 'opd-2',
    published: "searchType implies type = 'string'",
    instead: "searchType.exists() implies type = 'string'",
    why: 'without a searchType the expression is empty',
    source: engine,
  },
  {
    key: 'eld-18',
    published: 'isModifier implies isModifierReason.exists()',
    instead: '(isModifier.exists() and isModifier) implies isModifierReason.exists()',
    why: 'without isModifier the expression is empty',
    source: engine,
  },
  {
    key: 'vs-2',
    published: '(component.empty() and hasMember.empty()) implies (dataAbsentReason or value)',
    instead: '(component.empty() and hasMember.empty()) implies (dataAbsentReason.exists() or value.exists())',
    why: 'or takes booleans',
    source: engine,
  },
  {
    key: 'network-or-plan-Network',
    published: 'network.exists() or plan.network.exists.allTrue()',
    instead: 'network.exists() or plan.network.exists()',
    why: 'exists is written as an element, which no plan has',
    source: 'https://hl7.org/fhir/us/davinci-pdex-plan-net/STU1.1/StructureDefinition-plannet-InsurancePlan.html (its text: network or plan.network)',
  },
  {
    key: 'practitioner-or-organization-or-healthcareservice-or-location',
    published: 'practitioner.exists() or (organization.exists() or healthcareservice.exists() or location.exists())',
    instead: 'practitioner.exists() or (organization.exists() or healthcareService.exists() or location.exists())',
    why: 'the element is called healthcareService: a role that names only this was accused',
    source: 'https://hl7.org/fhir/R4/practitionerrole.html',
  },
  {
    key: 'eld-19',
    published:
      "path.matches('[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\.[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*')",
    instead: 'path.exists()',
    why: 'the pattern is not anchored, so it says nothing; its escapes differ between engines',
    source: engine,
  },
];

/** Rules that the conformance resources share under many keys (`vsd-0`, `csd-0` ...). */
const named: InvariantErratum = {
  key: '',
  published: "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
  instead: "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
  why: 'a conformance resource may lack a name, and the expression is empty then',
  source: engine,
};

const words = (expression: string): string => expression.replace(/\s+/g, ' ').trim();
const byExpression = new Map([...invariantErrata, named].map((each) => [`${each.key} ${words(each.published)}`, each.instead]));

/** What to evaluate for a published invariant. */
export const corrected = (key: string, expression: string): string =>
  byExpression.get(`${key} ${words(expression)}`) ?? byExpression.get(` ${words(expression)}`) ?? expression;

/** A pattern of the R4 JSON schema, wherever it stands there. */
export interface PatternErratum extends Erratum {
  readonly published: string;
  readonly instead: string;
}

const xsd =
  'https://www.w3.org/TR/xmlschema-2/#charcter-classes: \\s and \\S of the pattern know blank, tab, CR and LF only; in JSON schema they know more';

export const patternErrata: readonly PatternErratum[] = [
  {
    published: '^[ \\r\\n\\t\\S]+$',
    instead: primitivePatterns.string,
    why: 'a no-break space is text; what FHIR says of other characters is a SHOULD',
    source: `https://hl7.org/fhir/R4/datatypes.html#string; ${xsd}`,
  },
  { published: '^\\S*$', instead: primitivePatterns.uri, why: 'see string', source: `https://hl7.org/fhir/R4/datatypes.html#uri; ${xsd}` },
  {
    published: '^[^\\s]+(\\s[^\\s]+)*$',
    instead: primitivePatterns.code,
    why: 'see string; and its text allows single blanks only',
    source: `https://hl7.org/fhir/R4/datatypes.html#code; ${xsd}`,
  },
  {
    published: '^(\\s*([0-9a-zA-Z\\+/=]){4}\\s*)+$',
    instead: primitivePatterns.base64Binary,
    why: 'it takes exponential time on long texts, and white space may stand anywhere (RFC 4648 as MIME wraps it)',
    source: 'https://hl7.org/fhir/R4/datatypes.html#base64Binary',
  },
];

/** An element whose codes the JSON schema closes, although R4 binds it less strictly. */
export interface EnumErratum extends Erratum {
  readonly element: string;
}

export const enumErrata: readonly EnumErratum[] = [
  {
    element: 'Expression.language',
    why: 'the binding is extensible: text/cql-identifier and others are allowed',
    source: 'https://hl7.org/fhir/R4/metadatatypes.html#Expression',
  },
];

/** A binding of base R4 that is weaker than published. */
export interface BindingErratum extends Erratum {
  readonly valueSet: string;
  readonly published: 'required';
  readonly instead: 'extensible';
}

export const bindingErrata: readonly BindingErratum[] = [
  {
    valueSet: 'http://hl7.org/fhir/ValueSet/ucum-vitals-common',
    published: 'required',
    instead: 'extensible',
    why: 'oxygen saturation fixes L/min, which the set lacks: no payload could satisfy both',
    source: 'US Core 6.1.0 and 7.0.0 publish extensible for the same elements; so does the HL7 FHIR validator treat it',
  },
];

/** An extension of R4 whose published contexts leave out places that R4 itself uses. */
export interface ContextErratum extends Erratum {
  readonly extension: string;
  readonly also: readonly string[];
}

export const contextErrata: readonly ContextErratum[] = [
  {
    extension: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type',
    also: ['ElementDefinition.type'],
    why: 'its published context is ElementDefinition.type.code, but R4 puts it on ElementDefinition.type in every StructureDefinition',
    source: 'http://hl7.org/fhir/R4/extension-structuredefinition-fhir-type.html and any StructureDefinition of R4',
  },
];

/** An extension that was published again with more parts than the copy that ships with R4 has. */
export interface PartErratum extends Erratum {
  readonly extension: string;
  readonly also: readonly string[];
}

export const partErrata: readonly PartErratum[] = [
  {
    extension: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
    also: ['introspect', 'revoke'],
    why: 'the copy in R4 has the four parts of SMART App Launch 1.0; from 2.0 on there are two more, and statements of R4 servers carry them',
    source: 'http://hl7.org/fhir/smart-app-launch/STU2.2/StructureDefinition-oauth-uris.html',
  },
];
