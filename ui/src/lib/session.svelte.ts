/**
 * Whether this page may talk to the gateway.
 *
 * The address brings a one-time code in its fragment; it is exchanged for a token that lives as
 * long as the tab, and leaves the address at once so that it is in no history and no screenshot.
 */

import { session as api } from '../api/calls';
import { ApiFailure, setCredential } from '../api/client';

const KEY = 'toolgate.token';

export type SessionState = 'starting' | 'in' | 'out';

let state = $state<SessionState>('starting');
let problem = $state<ApiFailure | null>(null);

export const session = {
  get state(): SessionState {
    return state;
  },
  /** Why the code was not accepted, where one was tried. */
  get problem(): ApiFailure | null {
    return problem;
  },
  token: (): string | null => sessionStorage.getItem(KEY),
};

/** The code and the path of a fragment such as `#code=…&path=/review`; `null` for any other. */
export function readCode(fragment: string): { code: string; path: string } | null {
  if (!fragment.startsWith('#code=')) return null;
  const values = new URLSearchParams(fragment.slice(1));
  const path = values.get('path') ?? '/';
  return { code: values.get('code') ?? '', path: /^\/(?!\/)/.test(path) ? path : '/' };
}

/** Takes the code out of the address, where there is one, and signs in with it. */
export async function signIn(): Promise<void> {
  setCredential({ token: session.token, refused: signOut });
  const given = readCode(location.hash);
  if (!given) {
    state = session.token() ? 'in' : 'out';
    return;
  }
  history.replaceState(null, '', `#${given.path}`);
  try {
    const { token } = await api.exchange(given.code);
    sessionStorage.setItem(KEY, token);
    problem = null;
    state = 'in';
  } catch (cause) {
    if (!(cause instanceof ApiFailure)) throw cause;
    // A token that still works outlives a code that was used twice.
    problem = cause;
    state = session.token() ? 'in' : 'out';
  }
}

function signOut(): void {
  sessionStorage.removeItem(KEY);
  state = 'out';
}
