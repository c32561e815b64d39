/** What the operator knows of the payer and the wire does not show, under typed names. */

/** `statements` of the target file. Each is optional; what is not stated is not assumed. */
export interface Statements {
  /** Who may read whose data: `attribution` = only providers to whom the member is attributed. */
  readonly access?: 'attribution' | 'other';
  /** $member-match is offered although the CapabilityStatement does not list it. */
  readonly 'member-match'?: boolean;
  /** Without consent $member-match answers as if nobody had matched. */
  readonly 'member-match.hides-consent'?: boolean;
  /** How many card numbers may be guessed before the payer is expected to notice. */
  readonly 'member-match.tries'?: number;
  /** The known member's digital identifier, for $idi-match; false: there is none. */
  readonly 'digital-identifier'?: string | false;
  /** The run plays another payer, so the payer-to-payer rules apply. */
  readonly 'payer-to-payer'?: boolean;
  /** The payer has promised C-CDA documents. */
  readonly 'ccd.promised'?: boolean;
  /** The payer is bound by CMS-0057, and by its provider access API without a risk contract. */
  readonly 'cms-0057'?: boolean;
  readonly 'cms-0057.provider-access'?: boolean;
  /** Every part of the payer is on https, also where the FHIR base of a test server is not. */
  readonly 'tls.always'?: boolean;
  readonly 'udap.tiered-oauth'?: boolean;
  /** Calls for each time limit, one caller at a time. */
  readonly 'time.samples'?: number;
  /** Parameters of a bulk export that the payer applies, and does not only accept. */
  readonly 'bulk._typeFilter'?: boolean;
  readonly 'bulk._until'?: boolean;
}

/** `knownResources` of the target file: references `Type/id`, unless said otherwise. */
export interface KnownResources {
  /** A resource that was deleted. */
  readonly deleted?: string;
  /** A resource with text outside ASCII, and a piece of that text. */
  readonly nonAscii?: string;
  readonly nonAsciiText?: string;
  /** A Patient that may be written, where allow.writes is true. */
  readonly disposablePatient?: string;
  /** Logical id of a Measure for gaps in care. */
  readonly 'measure.id'?: string;
  /** Documents of people who are not our members. */
  readonly 'notAttributed.binary'?: string;
  readonly 'notAttributed.document'?: string;
  readonly 'optedOut.binary'?: string;
  readonly 'optedOut.document'?: string;
}
