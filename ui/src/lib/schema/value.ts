/** Values while they are typed: where they start, and how they change. */

import { fieldsOf, isObject, shapeOf, type Json, type Schema } from './shape';

/** What was typed where it is no value yet, for example `1.` for a number. */
export class Typed {
  constructor(readonly text: string) {}
}

/** Deeper required fields are left to the person. */
const DEEPEST = 8;

/** What a field holds at first: what is required and known, and nothing that is not. */
export function start(given: unknown, root: Schema, required: boolean, depth = 0): unknown {
  if (!required || depth > DEEPEST) return undefined;
  const { kind, schema, options, nullable } = shapeOf(given, root);
  if ('default' in schema) return structuredClone(schema['default']);
  if (options.length === 1 && !nullable) return options[0]?.value;
  if (kind === 'list') return [];
  if (nullable) return null;
  if (kind !== 'object') return undefined;
  const value: Json = {};
  for (const field of fieldsOf(schema)) {
    const inner = start(field.schema, root, field.required, depth + 1);
    if (inner !== undefined) value[field.name] = inner;
  }
  return value;
}

/** An empty value of a field that a person asked for, whether or not it is required. */
export function blank(given: unknown, root: Schema): unknown {
  return start(given, root, true) ?? undefined;
}

/** The object with one field changed; `undefined` takes the field out. */
export function withField(value: unknown, name: string, inner: unknown): Json {
  const { [name]: _, ...rest } = isObject(value) ? value : {};
  return inner === undefined ? rest : { ...(isObject(value) ? value : {}), [name]: inner };
}

/** The list with one item changed. */
export function withItem(value: unknown, index: number, inner: unknown): unknown[] {
  return list(value).map((item, at) => (at === index ? inner : item));
}

export function withoutItem(value: unknown, index: number): unknown[] {
  return list(value).filter((_, at) => at !== index);
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number as typed; nothing for an empty text. */
export function readNumber(text: string): number | Typed | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isFinite(value) ? value : new Typed(text);
}

/** JSON as typed; nothing for an empty text. */
export function readJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new Typed(text);
  }
}
