/** What can be done with a sign-in, besides beginning it. */

import * as api from '../../api/calls';
import type { ServerStatus } from '../../api/types';
import type { Action } from '../../lib/actions.svelte';
import { confirm } from '../../lib/dialogs.svelte';
import { t } from '../../lib/i18n.svelte';
import { quote } from '../../lib/shell';
import { tell } from '../../lib/toasts.svelte';

export function cancelSignIn({ name }: ServerStatus): Action {
  return {
    id: `cancel-sign-in:${name}`,
    title: () => t('signIns.cancel'),
    icon: 'close',
    cli: `toolgate servers sign-in ${quote(name)} --cancel`,
    run: async () => {
      await api.servers.signOut(name);
      tell(t('signIns.cancelled', { name }));
    },
  };
}

export function signOut({ name }: ServerStatus): Action {
  return {
    id: `sign-out:${name}`,
    title: () => t('signIns.signOut'),
    icon: 'close',
    cli: `toolgate servers sign-in ${quote(name)} --cancel`,
    run: async () => {
      const sure = await confirm({
        title: t('signIns.signOutTitle', { name }),
        text: t('signIns.signOutText'),
        action: t('signIns.signOut'),
        danger: true,
      });
      if (!sure) return;
      await api.servers.signOut(name);
      tell(t('signIns.signedOut', { name }));
    },
  };
}
