/** Which ink can be read on a colour (WCAG 2.2): the two contrasts are equal at a relative luminance of 0.179. */

export function inkOn(color: string): "#fff" | "#000" {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}
