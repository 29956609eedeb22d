import { describe, expect, it } from 'vitest';
import { entryFaults, fieldOf, hasLongArgument, MASK, otherKeys, toEntry, toForm } from './entry';

const local = {
  command: 'npx',
  args: ['-y', 'pkg'],
  env: { KEY: MASK, HOST: '${env:HOST}' },
  disabled: false,
  callTimeout: 60,
  vendor: { kept: true },
};
const remote = {
  serverUrl: 'https://example.com/mcp',
  headers: { Authorization: MASK },
  type: 'http',
  oauth: {},
};

describe('form and entry', () => {
  it.each([[local], [remote], [{}]])('%j comes back as it was', (entry) => {
    expect(toEntry(toForm(entry), entry)).toEqual(entry);
  });

  it('changes only what was changed', () => {
    const form = toForm(local);
    form.args = '-y\npkg@2\n';
    form.env = [
      { name: 'KEY', value: MASK },
      { name: '', value: '' },
    ];
    form.callTimeout = '';
    expect(toEntry(form, local)).toEqual({
      command: 'npx',
      args: ['-y', 'pkg@2', ''],
      env: { KEY: MASK },
      disabled: false,
      vendor: { kept: true },
    });
  });

  it('moves a server from here to elsewhere', () => {
    const form = { ...toForm(local), kind: 'remote' as const, url: 'https://example.com/mcp' };
    expect(toEntry(form, local)).toEqual({
      url: 'https://example.com/mcp',
      disabled: false,
      callTimeout: 60,
      vendor: { kept: true },
    });
  });

  it('keeps the key that holds the address', () => {
    const form = { ...toForm(remote), url: 'https://example.com/other' };
    expect(toEntry(form, remote)['serverUrl']).toBe('https://example.com/other');
  });

  it('knows what it does not show', () => {
    expect(otherKeys(local)).toEqual(['vendor']);
    expect(hasLongArgument({ args: ['a\nb'] })).toBe(true);
    expect(hasLongArgument(local)).toBe(false);
  });
});

describe('entryFaults', () => {
  const faults = (change: object, entry: object = local): object =>
    entryFaults({ ...toForm(entry as typeof local), ...change });

  it.each([
    [{}, {}],
    [{ command: ' ' }, { command: 'noCommand' }],
    [{ env: [{ name: 'A=B', value: '' }] }, { env: 'badVariable' }],
    [{ env: [{ name: '', value: 'lost' }] }, { env: 'badVariable' }],
    [
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      { env: 'twice' },
    ],
    [
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      {},
    ],
    [{ callTimeout: '0' }, { callTimeout: 'badTimeout' }],
    [{ startTimeout: '1.5' }, { startTimeout: 'badTimeout' }],
    [{ startTimeout: '' }, {}],
  ])('%j of a program gives %j', (change, expected) => {
    expect(faults(change)).toEqual(expected);
  });

  it.each([
    [{}, {}],
    [{ url: '' }, { url: 'noUrl' }],
    [{ url: 'example.com' }, { url: 'badUrl' }],
    [{ url: 'file:///x' }, { url: 'badUrl' }],
    [{ url: 'wss://example.com' }, {}],
    [{ url: '${env:BASE}/mcp' }, {}],
    [{ headers: [{ name: 'X Y', value: '' }] }, { headers: 'badHeader' }],
    [
      {
        headers: [
          { name: 'X-A', value: '1' },
          { name: 'x-a', value: '2' },
        ],
      },
      { headers: 'twice' },
    ],
  ])('%j of an address gives %j', (change, expected) => {
    expect(faults(change, remote)).toEqual(expected);
  });
});

describe('fieldOf', () => {
  it.each([
    ['The key `mcpServers.x.callTimeout` must be a number.', 'callTimeout'],
    ['`url` is no address.', 'url'],
    ['The server is gone.', null],
  ])('%j is about %s', (message, field) => {
    expect(fieldOf(message)).toBe(field);
  });
});
