/** A JSON value. The same as everywhere, written out: this folder imports nothing from the rest. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
