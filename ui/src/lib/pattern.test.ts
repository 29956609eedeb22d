import { describe, expect, it } from 'vitest';
import { href, match, readFragment, segment } from './pattern';

describe('match', () => {
  it.each([
    ['/', '/', {}],
    ['/servers', '/servers/', {}],
    ['/servers/:name/:tab?', '/servers/github', { name: 'github' }],
    ['/servers/:name/:tab?', '/servers/github/tools', { name: 'github', tab: 'tools' }],
    ['/servers/:name', '/servers/a%2Fb%20c', { name: 'a/b c' }],
    ['/servers/:name', '/servers/100%', { name: '100%' }],
  ])('%s takes %s', (pattern, path, params) => {
    expect(match(pattern, path)).toEqual(params);
  });

  it.each([
    ['/', '/servers'],
    ['/servers', '/'],
    ['/servers/:name', '/servers'],
    ['/servers/:name/:tab?', '/servers/github/tools/more'],
    ['/servers/add', '/servers/github'],
  ])('%s leaves %s', (pattern, path) => {
    expect(match(pattern, path)).toBeNull();
  });

  it('brings back every name that a segment was made of', () => {
    for (const name of ['plain', 'a/b', 'ä ö', '100 %', '?#&']) {
      expect(match('/servers/:name', `/servers/${segment(name)}`)).toEqual({ name });
    }
  });
});

describe('readFragment', () => {
  it('tells the path from the query', () => {
    const { path, query } = readFragment('#/tools?query=create%20issue&server=a');
    expect(path).toBe('/tools');
    expect(query.get('query')).toBe('create issue');
    expect(query.get('server')).toBe('a');
  });

  it.each(['', '#', '#nonsense', '#?a=b'])('leads from %j to the first page', (fragment) => {
    expect(readFragment(fragment).path).toBe('/');
  });
});

describe('href', () => {
  it('leaves out what has no value', () => {
    expect(href('/servers', { show: '', text: 'a b' })).toBe('#/servers?text=a+b');
    expect(href('/servers', { show: '' })).toBe('#/servers');
  });
});
