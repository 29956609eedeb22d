import { t } from './i18n.svelte';
import { complain, tell } from './toasts.svelte';

/** Copies a text, and says so. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell(t('common.copied'));
  } catch (cause) {
    complain(cause);
  }
}
