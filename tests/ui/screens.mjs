// The pages of the web UI.

/** The screens, each with the name of its picture. */
export const SCREENS = {
  home: '/',
  welcome: '/welcome',
  servers: '/servers',
  add: '/servers/add',
  server: '/servers/filesystem',
  'server-tools': '/servers/filesystem/tools',
  'server-settings': '/servers/filesystem/settings',
  'server-logs': '/servers/filesystem/logs',
  'server-history': '/servers/filesystem/history',
  'server-broken': '/servers/postgres',
  review: '/review/server/notes',
  'review-together': '/review/together',
  'sign-ins': '/sign-ins',
  clients: '/clients',
  tools: '/tools',
  activity: '/activity',
  logs: '/logs',
  settings: '/settings',
  doctor: '/doctor',
  'not-found': '/no/such/page',
};
