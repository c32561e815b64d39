/** Twelve ways in which an answer may say again what it was told. Split over two fields, shortened or encrypted it cannot be known again: a limit. */
export const encodings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  glued: (text) => `q${text}q`,
  base64: (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  // What its three neighbours do not change.
  'base64 inside': (text) =>
    Buffer.from(`say ${text} again`)
      .toString('base64')
      .slice(6, Math.floor(((4 + Buffer.byteLength(text)) * 8) / 6)),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  percent: (text) =>
    Buffer.from(text)
      .toString('hex')
      .replace(/../g, (two) => `%${two.toUpperCase()}`),
  escapes: (text) => each(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  'decimal entities': (text) => each(text, (code) => `&#${code};`),
  'hex entities': (text) => each(text, (code) => `&#x${code.toString(16)};`),
  'upper case': (text) => text.toUpperCase(),
  reversed: (text) => [...text].reverse().join(''),
};

const each = (text: string, make: (code: number) => string): string => [...text].map((sign) => make(sign.codePointAt(0) ?? 0)).join('');
