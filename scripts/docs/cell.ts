/** A text as the cell of a Markdown table: it ends no cell and no row, and opens no HTML. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
