import { available, perform, type Action } from './actions.svelte';
import { isMac, pressName, Sequence, takesLetters } from './keys';

/** Does the actions whose keys are pressed; returns the function that stops it. */
export function startShortcuts(): () => void {
  const sequence = new Sequence();
  const onKey = (event: KeyboardEvent): void => {
    const name = pressName(event, isMac);
    if (event.defaultPrevented || event.isComposing || !name) return;
    const together = name.startsWith('mod+');
    if (!together && (takesLetters(event.target) || document.querySelector('dialog[open]'))) return;
    const actions = byShortcut();
    const shortcut = sequence.press(name, event.timeStamp, [...actions.keys()]);
    const action = shortcut ? actions.get(shortcut) : undefined;
    if (!action) return;
    event.preventDefault();
    void perform(action);
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function byShortcut(): Map<string, Action> {
  const found = new Map<string, Action>();
  for (const action of available()) {
    if (action.shortcut) found.set(action.shortcut, action);
  }
  return found;
}
