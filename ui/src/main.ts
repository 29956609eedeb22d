import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { useLanguage } from './lib/i18n.svelte';
import { startRouter } from './lib/router.svelte';
import { signIn } from './lib/session.svelte';
import { routes } from './routes';

// The code has to leave the address before anything else reads it.
const signedIn = signIn();
await Promise.all([useLanguage('auto'), signedIn]);
startRouter(routes);
const target = document.getElementById('app');
if (target) mount(App, { target });
