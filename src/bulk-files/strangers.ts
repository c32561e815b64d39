/** First bytes of what is no text in UTF-8. */
const signatures: readonly { readonly bytes: readonly number[]; readonly what: string }[] = [
  { bytes: [0xff, 0xfe], what: 'UTF-16' },
  { bytes: [0xfe, 0xff], what: 'UTF-16' },
  { bytes: [0x7b, 0x00], what: 'UTF-16' },
  { bytes: [0x00, 0x7b], what: 'UTF-16' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive' },
  { bytes: [0x1f, 0x8b], what: 'gzip within gzip' },
  { bytes: [0x78, 0x01], what: 'a zlib stream, which is not gzip' },
  { bytes: [0x78, 0x5e], what: 'a zlib stream, which is not gzip' },
  { bytes: [0x78, 0x9c], what: 'a zlib stream, which is not gzip' },
  { bytes: [0x78, 0xda], what: 'a zlib stream, which is not gzip' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'a Zstandard stream' },
];

/** What a file is instead of NDJSON, by the bytes that it begins with; undefined when they tell nothing. */
export const strangerIn = (start: Uint8Array): string | undefined =>
  signatures.find(({ bytes }) => bytes.every((byte, i) => start[i] === byte))?.what;
