/** Where a secret is kept: the target file never holds its value. */
export interface SecretRef {
  readonly env?: string;
  readonly file?: string;
}
