/** What a schema says about a value, in words beside the field. */

import { t, type Key } from '../../lib/i18n.svelte';
import type { Schema } from '../../lib/schema/shape';

const LIMITS: [string, Key][] = [
  ['minimum', 'tools.hintMin'],
  ['maximum', 'tools.hintMax'],
  ['minLength', 'tools.hintShortest'],
  ['maxLength', 'tools.hintLongest'],
  ['minItems', 'tools.hintFewest'],
  ['maxItems', 'tools.hintMost'],
];

const FORMATS: Record<string, Key> = {
  date: 'tools.formatDate',
  'date-time': 'tools.formatDateTime',
  time: 'tools.formatTime',
  email: 'tools.formatEmail',
  uri: 'tools.formatUri',
  uuid: 'tools.formatUuid',
};

export function hints(schema: Schema, required: boolean): string {
  const { format, pattern } = schema;
  const found: string[] = [];
  if (typeof format === 'string') {
    const known = FORMATS[format];
    found.push(known ? t(known) : t('tools.formatOther', { format }));
  }
  for (const [name, key] of LIMITS) {
    const n = schema[name];
    if (typeof n === 'number') found.push(t(key, { n }));
  }
  if (typeof pattern === 'string') found.push(t('tools.hintPattern', { pattern }));
  if (!required && schema['default'] !== undefined && schema['default'] !== null) {
    found.push(t('tools.hintDefault', { value: JSON.stringify(schema['default']) }));
  }
  return found.join(' · ');
}
