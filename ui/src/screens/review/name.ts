import type { Key } from '../../lib/i18n.svelte';
import { hidden } from '../../lib/glyphs';

/** What is wrong with a name for a server; `null` where nothing is. */
export function nameFlaw(name: string, taken: readonly string[]): Key | null {
  if (name === '') return 'review.nameMissing';
  if (hidden(name) > 0) return 'review.nameHidden';
  return taken.includes(name) ? 'review.nameTaken' : null;
}
