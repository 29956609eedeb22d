import type { ThemeChoice } from '../api/types';

/** Without an attribute the style sheet follows the system by itself. */
export function useTheme(choice: ThemeChoice): void {
  if (choice === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
}
