/** The actions that are the same on every page. */

import * as api from '../api/calls';
import type { ServerStatus, ToolSummary } from '../api/types';
import type { IconName } from '../components/icons';
import type { Action } from './actions.svelte';
import { confirm, dialogs } from './dialogs.svelte';
import { t, timeOfDay, type Key } from './i18n.svelte';
import { live } from './live.svelte';
import { segment } from './pattern';
import { go } from './router.svelte';
import { quote } from './shell';
import { tell } from './toasts.svelte';

interface Destination {
  id: string;
  path: string;
  title: Key;
  icon: IconName;
  shortcut: string;
  /** Below the line in the sidebar. */
  lower?: boolean;
}

/** The pages of the sidebar, in its order. */
export const destinations: Destination[] = [
  { id: 'home', path: '/', title: 'nav.home', icon: 'home', shortcut: 'g h' },
  { id: 'servers', path: '/servers', title: 'nav.servers', icon: 'servers', shortcut: 'g s' },
  { id: 'review', path: '/review', title: 'nav.review', icon: 'review', shortcut: 'g r' },
  { id: 'sign-ins', path: '/sign-ins', title: 'nav.signIns', icon: 'key', shortcut: 'g i' },
  { id: 'clients', path: '/clients', title: 'nav.clients', icon: 'clients', shortcut: 'g c' },
  { id: 'tools', path: '/tools', title: 'nav.tools', icon: 'tools', shortcut: 'g t' },
  { id: 'activity', path: '/activity', title: 'nav.activity', icon: 'activity', shortcut: 'g a' },
  { id: 'logs', path: '/logs', title: 'nav.logs', icon: 'logs', shortcut: 'g l' },
  {
    id: 'doctor',
    path: '/doctor',
    title: 'nav.doctor',
    icon: 'doctor',
    shortcut: 'g d',
    lower: true,
  },
  {
    id: 'settings',
    path: '/settings',
    title: 'nav.settings',
    icon: 'settings',
    shortcut: 'g o',
    lower: true,
  },
];

/** Everything that can be done from anywhere. */
export function globalActions(): Action[] {
  return [...destinations.map(visit), ...panels(), addServer(), ...pauses(), resume(), ...files()];
}

/** What can be done with one server. */
export function serverActions(server: ServerStatus): Action[] {
  return [enable(server), disable(server), restart(server), signIn(server), remove(server)];
}

export function enable(server: ServerStatus): Action {
  const { name } = server;
  return {
    id: `enable:${name}`,
    title: () => t('actions.enable'),
    icon: 'power',
    cli: `toolgate servers enable ${quote(name)}`,
    when: () => server.state === 'disabled',
    run: async () => {
      await api.servers.enable(name);
      tell(t('actions.enabled', { name }));
    },
  };
}

export function disable(server: ServerStatus): Action {
  const { name } = server;
  return {
    id: `disable:${name}`,
    title: () => t('actions.disable'),
    icon: 'off',
    cli: `toolgate servers disable ${quote(name)}`,
    when: () => server.state !== 'disabled',
    run: async () => {
      await api.servers.disable(name);
      tell(t('actions.disabled', { name }), async () => void (await api.servers.enable(name)));
    },
  };
}

export function restart(server: ServerStatus): Action {
  const { name } = server;
  return {
    id: `restart:${name}`,
    title: () => t('actions.restart'),
    icon: 'restart',
    cli: `toolgate servers restart ${quote(name)}`,
    when: () => server.state !== 'disabled',
    run: async () => {
      await api.servers.restart(name);
      tell(t('actions.restarted', { name }));
    },
  };
}

export function signIn(server: ServerStatus): Action {
  const { name } = server;
  return {
    id: `sign-in:${name}`,
    title: () => t('actions.signIn'),
    icon: 'key',
    cli: `toolgate servers sign-in ${quote(name)}`,
    when: () => Boolean(server.sign_in) && server.sign_in?.state !== 'signed-in',
    run: async () => {
      await api.servers.signIn(name);
      tell(t('actions.signInOpened', { name }));
    },
  };
}

export function remove(server: ServerStatus): Action {
  const { name } = server;
  const cli = `toolgate servers remove ${quote(name)}`;
  return {
    id: `remove:${name}`,
    title: () => t('actions.remove'),
    icon: 'trash',
    danger: true,
    cli,
    run: async () => {
      const sure = await confirm({
        title: t('actions.removeTitle', { name }),
        text: t('actions.removeText'),
        action: t('actions.removeYes'),
        danger: true,
        cli,
      });
      if (!sure) return;
      await api.servers.remove(name);
      tell(t('actions.removed', { name }));
    },
  };
}

/** Each server's page and acts, with its name in the words. */
export function paletteServers(servers: ServerStatus[]): Action[] {
  return servers.flatMap((server) => [
    {
      id: `open:${server.name}`,
      title: () => t('actions.openServer', { name: server.name }),
      icon: 'servers' as const,
      run: () => go(`/servers/${segment(server.name)}`),
    },
    ...serverActions(server)
      .filter((action) => action.when?.() ?? true)
      .map((action) => ({
        ...action,
        title: () => t('actions.about', { action: action.title(), name: server.name }),
      })),
  ]);
}

export function paletteTool(tool: ToolSummary): Action {
  return {
    id: `tool:${tool.id}`,
    title: () => t('actions.openTool', { name: tool.name, server: tool.server }),
    icon: 'tools',
    run: () => go('/tools', { tool: tool.id }),
  };
}

/** Pausing all calls for a while, or until they are resumed. */
export function pauses(): Action[] {
  const choices = [
    { minutes: 15, title: 'actions.pause15', cli: 'toolgate pause 15' },
    { minutes: 60, title: 'actions.pause60', cli: 'toolgate pause 60' },
    { minutes: null, title: 'actions.pauseOpen', cli: 'toolgate pause' },
  ] as const;
  return choices.map(({ minutes, title, cli }) => ({
    id: `pause:${minutes ?? 'open'}`,
    title: () => t(title),
    icon: 'pause',
    cli,
    when: () => live.snapshot !== null && live.snapshot.pause === null,
    run: async () => {
      const { until } = await api.pause.start(minutes);
      tell(
        until === null ? t('actions.paused') : t('actions.pausedUntil', { time: timeOfDay(until) }),
      );
    },
  }));
}

export function resume(): Action {
  return {
    id: 'resume',
    title: () => t('actions.resume'),
    icon: 'play',
    cli: 'toolgate resume',
    when: () => Boolean(live.snapshot?.pause),
    run: async () => {
      await api.pause.end();
      tell(t('actions.resumed'));
    },
  };
}

export function addServer(): Action {
  return {
    id: 'add-server',
    title: () => t('actions.addServer'),
    icon: 'plus',
    cli: 'toolgate servers add NAME -- COMMAND',
    shortcut: 'g n',
    run: () => go('/servers/add'),
  };
}

function visit({ id, path, title, icon, shortcut }: Destination): Action {
  return {
    id: `go:${id}`,
    title: () => t('actions.goTo', { page: t(title) }),
    icon,
    shortcut,
    run: () => go(path),
  };
}

function panels(): Action[] {
  return [
    {
      id: 'palette',
      title: () => t('common.palette'),
      icon: 'search',
      shortcut: 'mod+k',
      hidden: true,
      run: () => {
        dialogs.palette = !dialogs.palette;
      },
    },
    {
      id: 'shortcuts',
      title: () => t('common.shortcuts'),
      icon: 'keyboard',
      shortcut: '?',
      run: () => {
        dialogs.shortcuts = true;
      },
    },
    {
      id: 'focus-search',
      title: () => t('common.focusSearch'),
      icon: 'search',
      shortcut: '/',
      hidden: true,
      run: () => {
        const search = document.querySelector<HTMLElement>('main [data-search]');
        if (search) search.focus();
        else dialogs.palette = true;
      },
    },
  ];
}

function files(): Action[] {
  return [
    {
      id: 'reload-config',
      title: () => t('actions.reloadConfig'),
      icon: 'restart',
      run: async () => {
        await api.config.reload();
        tell(t('actions.reloadedConfig'));
      },
    },
    {
      id: 'open-config',
      title: () => t('actions.openConfig'),
      icon: 'edit',
      cli: 'toolgate config path',
      run: () => api.config.open(),
    },
    {
      id: 'welcome',
      title: () => t('actions.welcome'),
      icon: 'info',
      run: () => go('/welcome'),
    },
  ];
}
