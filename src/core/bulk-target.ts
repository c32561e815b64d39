/**
 * What the operator tells us about attribution lists and bulk export. Everything is optional: what is not named is looked for, or its rows are
 * not testable. Logical ids are without their type, references are `Type/id`.
 */
export interface BulkTarget {
  /** The Group to export. Absent: found by `npi` or `tin`, else the first that the payer shows. */
  readonly group?: string;
  readonly npi?: string;
  readonly tin?: string;
  /** Contract and settlement entity (or ACO) identifiers, as values that `Group.identifier` must hold. */
  readonly contract?: string;
  readonly settlement?: string;
  /** A Group, a provider NPI and a Patient that belong to another provider of this payer. */
  readonly foreignGroup?: string;
  readonly foreignNpi?: string;
  readonly foreignPatient?: string;
  /** Patients of the Group known to be new, dropped, and attributed to two providers. */
  readonly newMember?: string;
  readonly droppedMember?: string;
  readonly sharedMember?: string;
  /** A Patient who opted out of provider access, and a Group that lists such members, if shown. */
  readonly optedOutPatient?: string;
  readonly optedOutGroup?: string;
  /** Member identifier values by Patient id, as printed on the card. */
  readonly memberIds?: Readonly<Record<string, string>>;
  /** Throw-away lists for the change operations; used only where `allow.writes` is true. */
  readonly lists?: { readonly draft?: string; readonly final?: string; readonly toConfirm?: string };
  /** A person who may be added to and removed from `lists.draft`. */
  readonly memberToAdd?: {
    readonly memberId: string;
    readonly patient: string;
    readonly providerNpi: string;
    readonly provider: string;
    readonly coverage?: string;
  };
  /** Groups whose export fails, and whose export succeeds in part. */
  readonly failingGroup?: string;
  readonly partialGroup?: string;
  /** A resource type that the members have none of. */
  readonly emptyType?: string;
  /** Start of the service-date window the payer must cover, YYYY-MM-DD. */
  readonly claimsFrom?: string;
  /**
   * Operator's switches: we POST a FHIR-free JSON body `{"patient": "Patient/x"}` (or `{"reference": "Type/id"}`) and DELETE the same URL to undo.
   * Used only where `allow.writes` is true.
   */
  readonly controls?: { readonly change?: string; readonly remove?: string; readonly optOut?: string };
  /** Whom and what the switches act on. */
  readonly controlled?: { readonly patient?: string; readonly changed?: string; readonly removed?: string };
  /** The payer keeps prior authorizations for members of the Group. */
  readonly priorAuthorizations?: boolean;
  /** Longest time we wait for one job, s (default 600). */
  readonly maxWait?: number;
  /** Most export jobs that are out at once; default 4, and 1 once the payer has answered a kick-off with 429. */
  readonly jobs?: number;
  /** We never poll more often than this, ms (default 1000). */
  readonly pollFloor?: number;
  /** Downloads at once (default 4). */
  readonly parallel?: number;
  /** Bytes of each file that are stored as evidence (default 4 MiB). What is beyond is judged all the same. */
  readonly storedBytes?: number;
}
