import type { Route } from './lib/router.svelte';

/** Every screen, loaded when it is first visited; the first pattern that fits wins. */
export const routes: Route[] = [
  { id: 'home', pattern: '/', title: 'nav.home', load: () => import('./screens/Home.svelte') },
  {
    id: 'welcome',
    pattern: '/welcome',
    title: 'nav.welcome',
    load: () => import('./screens/Welcome.svelte'),
  },
  {
    id: 'servers',
    pattern: '/servers',
    title: 'nav.servers',
    load: () => import('./screens/Servers.svelte'),
  },
  {
    id: 'add',
    pattern: '/servers/add/:way?',
    title: 'nav.add',
    within: ['way'],
    load: () => import('./screens/AddServer.svelte'),
  },
  {
    id: 'server',
    pattern: '/servers/:name/:tab?',
    title: 'nav.server',
    within: ['tab'],
    load: () => import('./screens/Server.svelte'),
  },
  {
    id: 'review',
    pattern: '/review/:id?/:server?',
    title: 'nav.review',
    within: ['id', 'server'],
    load: () => import('./screens/Review.svelte'),
  },
  {
    id: 'sign-ins',
    pattern: '/sign-ins',
    title: 'nav.signIns',
    load: () => import('./screens/SignIns.svelte'),
  },
  {
    id: 'clients',
    pattern: '/clients',
    title: 'nav.clients',
    load: () => import('./screens/Clients.svelte'),
  },
  {
    id: 'tools',
    pattern: '/tools',
    title: 'nav.tools',
    load: () => import('./screens/Tools.svelte'),
  },
  {
    id: 'activity',
    pattern: '/activity/:id?',
    title: 'nav.activity',
    within: ['id'],
    load: () => import('./screens/Activity.svelte'),
  },
  {
    id: 'logs',
    pattern: '/logs/:id?',
    title: 'nav.logs',
    within: ['id'],
    load: () => import('./screens/Logs.svelte'),
  },
  {
    id: 'settings',
    pattern: '/settings',
    title: 'nav.settings',
    load: () => import('./screens/Settings.svelte'),
  },
  {
    id: 'doctor',
    pattern: '/doctor',
    title: 'nav.doctor',
    load: () => import('./screens/Doctor.svelte'),
  },
];
