/** Keyboard shortcuts: `g s` one after the other, `mod+k` together. */

/** How long the first key of two waits for the second. */
const SEQUENCE_MS = 1200;

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The press as it is written in a shortcut; `null` for a modifier by itself. */
export function pressName(press: KeyPress, mac: boolean): string | null {
  if (['Control', 'Shift', 'Alt', 'Meta', 'Dead'].includes(press.key)) return null;
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (other || press.altKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  return mod ? `mod+${key}` : key;
}

/** Collects presses into sequences. */
export class Sequence {
  #keys: string[] = [];
  #last = 0;

  /** The shortcut among `known` that this press completes, if it does. */
  press(name: string, at: number, known: readonly string[]): string | null {
    const kept = at - this.#last <= SEQUENCE_MS ? this.#keys : [];
    this.#last = at;
    for (const keys of [[...kept, name], [name]]) {
      const text = keys.join(' ');
      if (known.includes(text)) {
        this.#keys = [];
        return text;
      }
      if (known.some((shortcut) => shortcut.startsWith(`${text} `))) {
        this.#keys = keys;
        return null;
      }
    }
    this.#keys = [];
    return null;
  }
}

/** The shortcut as keys to draw, one list per step: `mod+k` on a Mac is `[['⌘', 'K']]`. */
export function keyCaps(shortcut: string, mac: boolean): string[][] {
  const cap = (key: string): string => {
    if (key === 'mod') return mac ? '⌘' : 'Ctrl';
    return key.length === 1 ? key.toUpperCase() : key;
  };
  return shortcut.split(' ').map((step) => step.split('+').map(cap));
}

/** Whether what has the focus takes letters for itself. */
export function takesLetters(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) {
    return !['checkbox', 'radio', 'button', 'submit', 'reset'].includes(target.type);
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

export const isMac = typeof navigator !== 'undefined' && /Mac/.test(navigator.userAgent);
