/** Short notes about what was just done, and what did not work. */

import { ApiFailure } from '../api/client';
import { t } from './i18n.svelte';

export type ToastTone = 'done' | 'problem';

export interface Toast {
  id: number;
  tone: ToastTone;
  message: string;
  fix: string;
  undo?: () => void | Promise<void>;
  /** How to take it back on the command line. */
  cli?: string;
  /** Until when it is shown, in Unix milliseconds. */
  until: number;
}

const SHOWN_MS = { done: 5_000, problem: 12_000 };
const UNDO_MS = 10_000;
const MOST = 4;

let items = $state<Toast[]>([]);
let next = 1;

export const toasts = {
  get items(): Toast[] {
    return items;
  },
};

/** Says that something was done; with `undo`, for ten seconds, or `until` then, how to take it back. */
export function tell(
  message: string,
  undo?: () => void | Promise<void>,
  more: { until?: number; cli?: string } = {},
): void {
  show({ tone: 'done', message, fix: '', ...(undo ? { undo } : {}), ...more });
}

/** Says what did not work and what to do about it. */
export function complain(cause: unknown): void {
  if (cause instanceof DOMException && cause.name === 'AbortError') return;
  show({ tone: 'problem', ...explain(cause) });
}

/** A failure in words: the gateway's own where it gave any. */
export function explain(cause: unknown): { message: string; fix: string } {
  if (cause instanceof ApiFailure && cause.status === 0) {
    return { message: t('common.unreachable'), fix: t('common.unreachableFix') };
  }
  if (cause instanceof ApiFailure && cause.message) {
    return { message: cause.message, fix: cause.fix };
  }
  return { message: t('common.failed'), fix: t('common.failedFix') };
}

export function dismiss(id: number): void {
  items = items.filter((toast) => toast.id !== id);
}

/** Takes back what a note is about. */
export async function undo(toast: Toast): Promise<void> {
  dismiss(toast.id);
  try {
    await toast.undo?.();
  } catch (cause) {
    complain(cause);
  }
}

function show(toast: Omit<Toast, 'id' | 'until'> & { until?: number }): void {
  const id = next++;
  const until = toast.until ?? Date.now() + (toast.undo ? UNDO_MS : SHOWN_MS[toast.tone]);
  items = [...items, { ...toast, id, until }].slice(-MOST);
  setTimeout(() => dismiss(id), until - Date.now());
}
