import { describe, expect, it } from 'vitest';
import type { Setting } from '../../api/types';
import { asText, grouped, inWords, readTyped, textKey } from './form';

function setting(key: string, kind: Setting['kind'] = 'text'): Setting {
  return { key, kind, choices: [], value: 'x', default: 'x', description: '', restart: false };
}

describe('the form', () => {
  it('puts every setting into one group, in the order of the gateway', () => {
    const all = ['listen', 'logs.level', 'desktop.theme', 'registry', 'logs.maxFiles'].map((key) =>
      setting(key),
    );
    expect(
      grouped(all).map(({ name, settings }) => [name, settings.map(({ key }) => key)]),
    ).toEqual([
      ['desktop', ['desktop.theme']],
      ['gateway', ['listen', 'registry']],
      ['logs', ['logs.level', 'logs.maxFiles']],
    ]);
    expect(grouped([setting('listen')]).map(({ name }) => name)).toEqual(['gateway']);
  });

  it('has words for settings that it does not know', () => {
    expect(textKey('desktop.notices.signIn')).toBe('desktop_notices_signIn');
    expect(inWords('logs.maxFileMegabytes')).toBe('Max file megabytes');
    expect(inWords('listen')).toBe('Listen');
  });

  it('takes only whole numbers as numbers', () => {
    const number = setting('logs.maxFiles', 'number');
    expect(readTyped(number, ' 12 ')).toBe(12);
    for (const wrong of ['', '1.5', '1e3', 'five', '0x1'])
      expect(readTyped(number, wrong)).toBeUndefined();
    expect(readTyped(setting('listen'), ' 127.0.0.1:1 ')).toBe('127.0.0.1:1');
  });

  it('shows no value as an empty field', () => {
    expect([null, 0, false, 'a'].map(asText)).toEqual(['', '0', 'false', 'a']);
  });
});
