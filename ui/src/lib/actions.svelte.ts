/** Everything a person can do, once: buttons, palette, shortcuts and tooltips draw from it. */

import { untrack } from 'svelte';
import type { IconName } from '../components/icons';
import { complain } from './toasts.svelte';

export interface Action {
  id: string;
  /** A function, so that it follows the language and what it is about. */
  title: () => string;
  icon?: IconName;
  run: () => void | Promise<void>;
  /** The same on the command line, without a prompt sign. */
  cli?: string;
  /** Keys one after the other, `g s`, or together, `mod+k`; `mod` is ⌘ on a Mac, Ctrl elsewhere. */
  shortcut?: string;
  /** Whether it can be done now; always, where it is left out. */
  when?: () => boolean;
  danger?: boolean;
  /** Kept out of the palette: a key of one screen that means nothing elsewhere. */
  hidden?: boolean;
}

/** Actions by who offers them; the later ones win over the earlier ones with the same keys. */
let offers = $state.raw<(() => Action[])[]>([]);
const busy = $state<Record<string, boolean>>({});

/** Offers actions until the returned function is called. */
export function offer(actions: () => Action[]): () => void {
  offers = [...untrack(() => offers), actions];
  return () => {
    offers = offers.filter((other) => other !== actions);
  };
}

/** Offers a screen's actions as long as the component lives that calls this. */
export function useActions(actions: () => Action[]): void {
  $effect(() => offer(actions));
}

/** All actions that can be done now. */
export function available(): Action[] {
  return offers.flatMap((actions) => actions()).filter((action) => action.when?.() ?? true);
}

/** Whether the action is under way. */
export function isBusy(id: string): boolean {
  return busy[id] ?? false;
}

/** Does it, once at a time, and says what did not work. */
export async function perform(action: Action): Promise<void> {
  if (isBusy(action.id)) return;
  busy[action.id] = true;
  try {
    await action.run();
  } catch (cause) {
    complain(cause);
  } finally {
    delete busy[action.id];
  }
}
