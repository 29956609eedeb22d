/** One tooltip for the whole page: what a control does, its keys, and its command-line twin. */

import type { Attachment } from 'svelte/attachments';
import { isMac, keyCaps } from './keys';

export interface Tip {
  text: string;
  cli?: string | undefined;
  shortcut?: string | undefined;
}

const DELAY_MS = 400;
const GAP = 6;

let bubble: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a tip while the element is pointed at or has the keyboard's focus. */
export function tip(content: () => Tip | null): Attachment<HTMLElement> {
  return (element) => {
    const show = (): void => {
      const value = content();
      if (value) place(element, value);
    };
    const later = (): void => {
      clearTimeout(timer);
      timer = setTimeout(show, DELAY_MS);
    };
    const onFocus = (): void => {
      if (element.matches(':focus-visible')) later();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    element.addEventListener('pointerenter', later);
    element.addEventListener('focus', onFocus);
    element.addEventListener('keydown', onKey);
    for (const name of ['pointerleave', 'blur', 'click']) element.addEventListener(name, hide);
    return () => {
      hide();
      element.removeEventListener('pointerenter', later);
      element.removeEventListener('focus', onFocus);
      element.removeEventListener('keydown', onKey);
      for (const name of ['pointerleave', 'blur', 'click']) element.removeEventListener(name, hide);
    };
  };
}

function hide(): void {
  clearTimeout(timer);
  if (bubble?.matches(':popover-open')) bubble.hidePopover();
}

function place(element: HTMLElement, value: Tip): void {
  if (!element.isConnected) return;
  bubble ??= create();
  // A dialog makes the rest of the page inert, so that the tip has to be inside it; elsewhere it
  // belongs to the part of the page that it explains.
  (element.closest('dialog, main') ?? document.body).append(bubble);
  bubble.replaceChildren(...parts(value));
  bubble.showPopover();
  const target = element.getBoundingClientRect();
  const own = bubble.getBoundingClientRect();
  const below = target.bottom + GAP;
  const top = below + own.height > innerHeight ? target.top - GAP - own.height : below;
  const middle = target.left + target.width / 2 - own.width / 2;
  bubble.style.top = `${Math.max(GAP, top)}px`;
  bubble.style.left = `${Math.max(GAP, Math.min(middle, innerWidth - own.width - GAP))}px`;
}

function create(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'tip';
  element.popover = 'manual';
  element.role = 'tooltip';
  return element;
}

function parts(value: Tip): HTMLElement[] {
  const found = [node('span', '', value.text)];
  if (value.shortcut) {
    const caps = node('span', 'tip-keys');
    for (const key of keyCaps(value.shortcut, isMac).flat())
      caps.append(node('kbd', 'kbd kbd-xs', key));
    found.push(caps);
  }
  if (value.cli) found.push(node('code', 'tip-cli', value.cli));
  return found;
}

function node(tag: string, className: string, text = ''): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
