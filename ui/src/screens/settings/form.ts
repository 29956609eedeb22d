/** The settings as groups of a form; everything about them but their words comes from the gateway. */

import type { Setting, SettingValue } from '../../api/types';

export const GROUPS = ['desktop', 'gateway', 'logs'] as const;
export type GroupName = (typeof GROUPS)[number];

export interface Group {
  name: GroupName;
  settings: Setting[];
}

/** The settings by what they are about, in the gateway's order; empty groups are left out. */
export function grouped(settings: readonly Setting[]): Group[] {
  return GROUPS.map((name) => ({
    name,
    settings: settings.filter((setting) => groupOf(setting.key) === name),
  })).filter((group) => group.settings.length > 0);
}

function groupOf(key: string): GroupName {
  const [first] = key.split('.');
  return first === 'desktop' || first === 'logs' ? first : 'gateway';
}

/** The part of a text's key that stands for a setting: `logs.level` is `logs_level`. */
export function textKey(key: string): string {
  return key.replaceAll('.', '_');
}

/** A key in words, for a setting that there is no text for: `logs.maxFiles` is `Max files`. */
export function inWords(key: string): string {
  const last = key.split('.').at(-1) ?? key;
  const words = last.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What was typed, as the setting's kind of value; `undefined` where it is none. */
export function readTyped(setting: Setting, typed: string): SettingValue | undefined {
  const text = typed.trim();
  if (setting.kind !== 'number') return text;
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** A value for a field. */
export function asText(value: SettingValue): string {
  return value === null ? '' : String(value);
}
