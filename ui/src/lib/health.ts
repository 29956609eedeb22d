/** How a server stands, for a person: the word, how serious it is, and the one act that helps. */

import type { ServerStatus } from '../api/types';
import type { IconName } from '../components/icons';
import type { Key } from './i18n.svelte';
import { held } from './trust';

export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'off' | 'neutral';

export type Remedy = 'enable' | 'restart' | 'sign-in' | 'configure' | 'show-log' | 'review';

export interface Health {
  word: Key;
  tone: Tone;
  icon: IconName;
  /** What helps, where something does. */
  remedy: Remedy | null;
  /** Whether nothing gets better until a person acts. */
  needsPerson: boolean;
}

/** The first that applies wins. */
export function health(server: ServerStatus): Health {
  const { hold, may_start } = server.trust;
  // What fails says so first; what is not allowed to start cannot fail.
  if (hold && server.state !== 'disabled' && (!may_start || server.state === 'ready')) {
    return { word: `trust.hold_${hold}`, icon: 'review', remedy: 'review', ...waits };
  }
  switch (server.state) {
    case 'disabled':
      return { word: 'health.off', tone: 'off', icon: 'off', remedy: 'enable', needsPerson: false };
    case 'starting':
    case 'stopping':
      return { word: `health.${server.state}`, tone: 'busy', icon: 'busy', ...nothing };
    case 'needs-person':
      return needsPerson(server);
    case 'crash-loop':
      return failing('health.crashLoop', 'bad', server, true);
    case 'backing-off':
      return failing('health.backingOff', 'warning', server, false);
    case 'ready':
      return { word: 'health.ready', tone: 'good', icon: 'good', ...nothing };
  }
}

/** Whether the server is among what needs the person. */
export function needsYou(server: ServerStatus): boolean {
  return held(server) || health(server).needsPerson;
}

const nothing = { remedy: null, needsPerson: false } as const;
const waits = { tone: 'warning', needsPerson: true } as const;

function needsPerson(server: ServerStatus): Health {
  if (server.sign_in?.state === 'waiting') {
    return { ...waits, word: 'health.waitingForSignIn', icon: 'key', remedy: 'sign-in' };
  }
  // Without a sign-in of its own the server wants another token in its entry.
  if (server.problem?.code === 'sign-in-required' && server.sign_in) {
    return { ...waits, word: 'health.signIn', icon: 'key', remedy: 'sign-in' };
  }
  return { ...waits, word: 'health.needsYou', icon: 'warning', remedy: 'configure' };
}

function failing(word: Key, tone: Tone, server: ServerStatus, stuck: boolean): Health {
  const unstartable = ['command-not-found', 'spawn-failed', 'unreachable', 'invalid-config'];
  const remedy: Remedy = unstartable.includes(server.problem?.code ?? '')
    ? 'configure'
    : 'show-log';
  return { word, tone, icon: tone === 'bad' ? 'bad' : 'warning', remedy, needsPerson: stuck };
}
