/** What the CapabilityStatement says about an area, beside the resource types and searches of the FHIR API. */
export interface Declares {
  /** Operations by name without `$`, on a resource type or (without `type`) on the system. */
  readonly operations?: readonly { readonly type?: string; readonly name: string; readonly definition: string }[];
  /** Types that can be read but not searched. */
  readonly reads?: readonly string[];
  /** Canonicals of CapabilityStatements, with version. */
  readonly instantiates?: readonly string[];
  /** Canonicals of implementation guides, with version. */
  readonly guides?: readonly string[];
}
