import common from './common.json';
import nav from './nav.json';
import actions from './actions.json';
import health from './health.json';
import home from './home.json';
import welcome from './welcome.json';
import servers from './servers.json';
import add from './add.json';
import server from './server.json';
import trust from './trust.json';
import review from './review.json';
import signIns from './signIns.json';
import clients from './clients.json';
import tools from './tools.json';
import activity from './activity.json';
import logs from './logs.json';
import settings from './settings.json';
import doctor from './doctor.json';

export default {
  common,
  nav,
  actions,
  health,
  home,
  welcome,
  servers,
  add,
  server,
  trust,
  review,
  signIns,
  clients,
  tools,
  activity,
  logs,
  settings,
  doctor,
};
