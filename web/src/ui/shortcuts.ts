/** Single keys that do things, unless somebody is writing. Never Alt, AltGr or Ctrl+Alt: those type letters. */

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  altGraph: boolean;
}

/** The name of a key press as bindings write it: "j", "?", "Mod+Enter", "Mod+Shift+Enter"; null when it types. */
export function nameOf(press: KeyPress): string | null {
  if (press.isComposing || press.altKey || press.altGraph) return null;
  const mod = press.ctrlKey || press.metaKey;
  const letter = /^[a-z]$/i.test(press.key);
  const key = letter ? press.key.toLowerCase() : press.key;
  const shift = press.shiftKey && (letter || press.key.length > 1);
  return `${mod ? "Mod+" : ""}${shift ? "Shift+" : ""}${key}`;
}

export function pressOf(event: KeyboardEvent): KeyPress {
  const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing } = event;
  return { key, ctrlKey, metaKey, altKey, shiftKey, isComposing, altGraph: event.getModifierState("AltGraph") };
}

/** Whether keys go into the thing that has the focus. */
export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit", "file"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
