/** Where the person is: the fragment of the address, matched against the table of routes. */

import type { Component } from 'svelte';
import type { Key } from './i18n.svelte';
import { href, match, readFragment, type Params } from './pattern';

/** What every screen is given. */
export interface ScreenProps {
  params: Params;
  query: URLSearchParams;
}

export interface Route {
  id: string;
  pattern: string;
  title: Key;
  /** One may do without what it is given. */
  screen: Component<ScreenProps> | Component<Record<string, never>>;
  /** Parts whose change is not another screen, for example the tab. */
  within?: string[];
}

export interface Place {
  route: Route;
  params: Params;
  query: URLSearchParams;
  /** Two places with the same key are one screen. */
  key: string;
}

let routes: Route[] = [];
let place = $state.raw<Place | null>(null);
let moved = $state(false);
let backTo: number | null = null;
let position = 0;
const scrolls = new Map<number, number>();

export const router = {
  get place(): Place | null {
    return place;
  },
  /** Whether the person has gone anywhere since the page was opened. */
  get moved(): boolean {
    return moved;
  },
};

/** Starts to follow the address; returns the function that stops it. */
export function startRouter(table: Route[]): () => void {
  routes = table;
  position = readPosition() ?? 0;
  history.replaceState({ position }, '');
  place = locate(location.hash);
  const onMove = (): void => {
    arrive();
  };
  addEventListener('popstate', onMove);
  return () => removeEventListener('popstate', onMove);
}

/** Goes to a path, as a link would. */
export function go(path: string, query: Record<string, string> = {}): void {
  location.hash = href(path, query);
}

/** Changes the query of where the person is, without a step in the history. */
export function setQuery(changes: Record<string, string | null>): void {
  const { path, query } = readFragment(location.hash);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(key);
    else query.set(key, value);
  }
  history.replaceState({ position }, '', href(path, Object.fromEntries(query)));
  place = locate(location.hash);
}

/** Replaces where the person is, for example by the right tab. */
export function replace(path: string): void {
  history.replaceState({ position }, '', href(path));
  place = locate(location.hash);
}

/** Looks at the address again, after it was changed behind the router's back. */
export function refresh(): void {
  history.replaceState({ position }, '');
  place = locate(location.hash);
}

/** How far the place that the person came back to was scrolled, once; `null` for a new place. */
export function takeScroll(): number | null {
  const result = backTo;
  backTo = null;
  return result;
}

/** Remembers how far the present place is scrolled. */
export function keepScroll(top: number): void {
  scrolls.set(position, top);
}

function arrive(): void {
  const known = readPosition();
  if (known === null) {
    position += 1;
    history.replaceState({ position }, '');
    backTo = null;
  } else {
    position = known;
    backTo = scrolls.get(known) ?? null;
  }
  moved = true;
  place = locate(location.hash);
}

function readPosition(): number | null {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('position' in state)) return null;
  return typeof state.position === 'number' ? state.position : null;
}

function locate(fragment: string): Place | null {
  const { path, query } = readFragment(fragment);
  for (const route of routes) {
    const params = match(route.pattern, path);
    if (!params) continue;
    const outer = Object.entries(params).filter(([name]) => !route.within?.includes(name));
    const key = [route.id, ...outer.map(([, value]) => value)].join('/');
    return { route, params, query, key };
  }
  return null;
}
