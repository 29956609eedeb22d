/** A call as `toolgate tools call` makes it. */

import { quote } from '../shell';
import { isObject, type Json, type Schema } from './shape';

/** Without a prompt sign; each value as the command reads it back by the declared type. */
export function callTwin(id: string, args: Json, schema: Schema): string {
  const command = `toolgate tools call ${quote(id)}`;
  const names = Object.keys(args);
  if (names.length === 0) return command;
  if (names.some((name) => name === '' || name.includes('=') || name.startsWith('-'))) {
    return `${command} --args ${quote(JSON.stringify(args))}`;
  }
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const pairs = Object.entries(args).map(([name, value]) => {
    const declared = properties[name];
    const type = isObject(declared) ? declared['type'] : undefined;
    return quote(`${name}=${asText(value, type)}`);
  });
  return [command, ...pairs].join(' ');
}

/** A text is JSON only where it would otherwise be read as something else. */
function asText(value: unknown, type: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return type !== 'string' && isJson(value) ? JSON.stringify(value) : value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
