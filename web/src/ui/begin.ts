/** Where somebody begins who opens this page; a touch screen would answer with its keyboard, so there they choose. */
export function begin(node: HTMLElement): void {
  if (matchMedia("(pointer: fine)").matches) node.focus();
}
