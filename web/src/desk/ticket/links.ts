/** Plain text with its web addresses found. */
export type Part = { text: string; href?: string };

const ADDRESS = /\bhttps?:\/\/[^\s<>"']+/g;

export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const href = match[0].replace(/[.,;:!?)\]}]+$/, "");
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: href, href });
    at = match.index + href.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}
