/** Control characters and direction overrides can hide or reorder what a reader sees, or drive a terminal; a visible stand-in cannot. */
const invisible = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uD800-\uDFFF]/gu;

/** The same text with every such sign as `[U+202E]`. Tabs and line ends stay. */
export const visible = (text: string): string =>
  text.replace(invisible, (sign) => `[U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
