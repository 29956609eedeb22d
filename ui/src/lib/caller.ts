/** Who called. */

import { t } from './i18n.svelte';

/** What the gateway calls the person at this machine, who uses this page or the command line. */
export const YOU = 'local';

/** The name to show. */
export function caller(client: string): string {
  return client === YOU ? t('common.you') : client;
}
