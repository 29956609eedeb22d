import { describe, expect, it } from 'vitest';
import type {
  ProblemCode,
  ServerStateWord,
  ServerStatus,
  SignInState,
  SignInStatus,
} from '../api/types';
import { icons } from '../components/icons';
import en from '../locales/en';
import { health, needsYou } from './health';
import { server as anyServer } from './server.fixture';

function server(state: ServerStateWord, more: Partial<ServerStatus> = {}): ServerStatus {
  return anyServer({ state, ...more });
}

const problem = (code: ProblemCode) => ({ problem: { code, message: '', fix: '' } });

function signInStatus(state: SignInState): SignInStatus {
  return { state, since: 0, scopes: [], expires_at: null, problem: null };
}

describe('health', () => {
  const states: ServerStateWord[] = [
    'disabled',
    'starting',
    'ready',
    'backing-off',
    'crash-loop',
    'needs-person',
    'stopping',
  ];

  it.each(states)('%s has a word and an icon', (state) => {
    const { word, icon } = health(server(state));
    expect(Object.keys(en.health)).toContain(word.replace('health.', ''));
    expect(Object.keys(icons)).toContain(icon);
  });

  it('asks for the person only where waiting does not help', () => {
    expect(states.filter((state) => needsYou(server(state)))).toEqual([
      'crash-loop',
      'needs-person',
    ]);
  });

  it('offers what helps', () => {
    expect(health(server('disabled')).remedy).toBe('enable');
    expect(health(server('ready')).remedy).toBeNull();
    const signIn = { ...problem('sign-in-required'), sign_in: signInStatus('needed') };
    expect(health(server('needs-person', signIn)).remedy).toBe('sign-in');
    expect(health(server('needs-person', problem('sign-in-required'))).remedy).toBe('configure');
    expect(health(server('needs-person', problem('missing-secret'))).remedy).toBe('configure');
    expect(health(server('crash-loop', problem('command-not-found'))).remedy).toBe('configure');
    expect(health(server('backing-off', problem('exited'))).remedy).toBe('show-log');
  });

  it('says when it is the browser that is waited for', () => {
    const sign_in = signInStatus('waiting');
    const waiting = server('needs-person', { ...problem('sign-in-required'), sign_in });
    expect(health(waiting).word).toBe('health.waitingForSignIn');
  });
});
