import { servers } from '../../api/calls';
import type { Entry } from '../../api/types';
import { forEach } from '../../lib/bulk';
import { t } from '../../lib/i18n.svelte';
import { segment } from '../../lib/pattern';
import { go } from '../../lib/router.svelte';
import { tell } from '../../lib/toasts.svelte';

export interface Pick {
  name: string;
  entry: Entry;
}

/** Adds one server and shows it. */
export async function addOne({ name, entry }: Pick): Promise<void> {
  const added = await servers.add(name.trim(), entry);
  tell(t('add.added', { name: added.name }), () => servers.remove(added.name));
  go(`/servers/${segment(added.name)}`);
}

/** Adds several and shows the list; those that do not work stay to be mended. */
export async function addAll(picks: Pick[]): Promise<void> {
  const [only] = picks;
  if (only && picks.length === 1) return addOne(only);
  const entries = new Map(picks.map(({ name, entry }) => [name.trim(), entry]));
  const done = await forEach([...entries.keys()], (name) =>
    servers.add(name, entries.get(name) ?? {}),
  );
  if (done.length === 0) return;
  tell(t('add.addedMany', { n: done.length }), async () => {
    await forEach(done, servers.remove);
  });
  if (done.length === picks.length) go('/servers');
}
