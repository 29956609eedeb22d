import type { Route } from './lib/router.svelte';
import Activity from './screens/Activity.svelte';
import AddServer from './screens/AddServer.svelte';
import Clients from './screens/Clients.svelte';
import Doctor from './screens/Doctor.svelte';
import Home from './screens/Home.svelte';
import Logs from './screens/Logs.svelte';
import Review from './screens/Review.svelte';
import Server from './screens/Server.svelte';
import Servers from './screens/Servers.svelte';
import Settings from './screens/Settings.svelte';
import SignIns from './screens/SignIns.svelte';
import Tools from './screens/Tools.svelte';
import Welcome from './screens/Welcome.svelte';

/** Every screen; the first pattern that fits wins. */
export const routes: Route[] = [
  { id: 'home', pattern: '/', title: 'nav.home', screen: Home },
  {
    id: 'welcome',
    pattern: '/welcome',
    title: 'nav.welcome',
    screen: Welcome,
  },
  {
    id: 'servers',
    pattern: '/servers',
    title: 'nav.servers',
    screen: Servers,
  },
  {
    id: 'add',
    pattern: '/servers/add/:way?',
    title: 'nav.add',
    within: ['way'],
    screen: AddServer,
  },
  {
    id: 'server',
    pattern: '/servers/:name/:tab?',
    title: 'nav.server',
    within: ['tab'],
    screen: Server,
  },
  {
    id: 'review',
    pattern: '/review/:id?/:server?',
    title: 'nav.review',
    within: ['id', 'server'],
    screen: Review,
  },
  {
    id: 'sign-ins',
    pattern: '/sign-ins',
    title: 'nav.signIns',
    screen: SignIns,
  },
  {
    id: 'clients',
    pattern: '/clients',
    title: 'nav.clients',
    screen: Clients,
  },
  {
    id: 'tools',
    pattern: '/tools',
    title: 'nav.tools',
    screen: Tools,
  },
  {
    id: 'activity',
    pattern: '/activity/:id?',
    title: 'nav.activity',
    within: ['id'],
    screen: Activity,
  },
  {
    id: 'logs',
    pattern: '/logs/:id?',
    title: 'nav.logs',
    within: ['id'],
    screen: Logs,
  },
  {
    id: 'settings',
    pattern: '/settings',
    title: 'nav.settings',
    screen: Settings,
  },
  {
    id: 'doctor',
    pattern: '/doctor',
    title: 'nav.doctor',
    screen: Doctor,
  },
];
