/** What sort of field a JSON Schema asks for. Where nothing fits, JSON is typed instead. */

export type Schema = Record<string, unknown>;
export type Json = Record<string, unknown>;

export interface Option {
  label: string;
  value: unknown;
}

export interface Branch {
  label: string;
  schema: Schema;
}

export type Kind =
  'text' | 'number' | 'boolean' | 'options' | 'list' | 'object' | 'choice' | 'json';

export interface Shape {
  kind: Kind;
  /** With references followed and `allOf` merged. */
  schema: Schema;
  /** For `options`. */
  options: Option[];
  /** For `choice`. */
  branches: Branch[];
  nullable: boolean;
}

/** References are followed at most so often, so that those in a circle end. */
const MOST_HOPS = 16;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema with its references followed and the parts of `allOf` merged into it. */
export function resolve(given: unknown, root: Schema, hops = 0): Schema {
  if (!isObject(given) || hops > MOST_HOPS) return {};
  const { $ref: reference, allOf, ...own } = given;
  const parts = [
    ...(typeof reference === 'string' ? [lookUp(reference, root)] : []),
    ...(Array.isArray(allOf) ? allOf : []),
  ];
  return parts.reduce<Schema>((whole, part) => merge(resolve(part, root, hops + 1), whole), own);
}

export function shapeOf(given: unknown, root: Schema): Shape {
  const schema = resolve(given, root);
  const options = optionsOf(schema);
  if (options) return shape('options', schema, { options, nullable: takesNull(schema) });
  const forms = alternatives(schema, root);
  if (forms) return oneOfForms(schema, forms, root);
  const types = typesOf(schema);
  const words = types.filter((type) => type !== 'null');
  const nullable = types.includes('null');
  if (words.length > 1) {
    const branches = words.map((type) => ({ label: type, schema: { ...schema, type } }));
    return shape('choice', schema, { branches, nullable });
  }
  return shape(kindOf(words[0], schema), schema, { nullable });
}

/** The names of its fields, the required ones first, otherwise in their order. */
export function fieldsOf(schema: Schema): { name: string; schema: unknown; required: boolean }[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties)
    .map(([name, field]) => ({ name, schema: field, required: required.includes(name) }))
    .toSorted((one, other) => Number(other.required) - Number(one.required));
}

export function typesOf(schema: Schema): string[] {
  const type = schema['type'];
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((word) => typeof word === 'string') : [];
}

function kindOf(type: string | undefined, schema: Schema): Kind {
  switch (type ?? (isObject(schema['properties']) ? 'object' : 'unknown')) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return isObject(schema['items']) ? 'list' : 'json';
    case 'object':
      return isObject(schema['properties']) ? 'object' : 'json';
    default:
      return 'json';
  }
}

function optionsOf(schema: Schema): Option[] | null {
  const values = Array.isArray(schema['enum']) ? schema['enum'] : null;
  if ('const' in schema) return [option(schema['const'], schema)];
  return values?.filter((value) => value !== null).map((value) => option(value, {})) ?? null;
}

function option(value: unknown, schema: Schema): Option {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const title = schema['title'];
  return {
    label: typeof title === 'string' && title !== text ? `${title} (${text})` : text,
    value,
  };
}

/** The forms of `oneOf` or `anyOf`, where they say more than which fields are required. */
function alternatives(schema: Schema, root: Schema): Schema[] | null {
  const given = schema['oneOf'] ?? schema['anyOf'];
  if (!Array.isArray(given) || given.length === 0) return null;
  const forms = given.map((form) => resolve(form, root));
  const narrowing = forms.every(
    (form) => !('type' in form) && !optionsOf(form) && !('properties' in form),
  );
  return narrowing && typesOf(schema).length > 0 ? null : forms;
}

function oneOfForms(schema: Schema, forms: Schema[], root: Schema): Shape {
  const { oneOf: _one, anyOf: _any, ...base } = schema;
  const real = forms.filter((form) => form['type'] !== 'null' && form['const'] !== null);
  const nullable = real.length < forms.length;
  const only = real.length === 1 ? real[0] : undefined;
  if (only) return { ...shapeOf(merge(only, base), root), nullable };
  if (real.every((form) => 'const' in form)) {
    const options = real.map((form) => option(form['const'], form));
    return shape('options', schema, { options, nullable });
  }
  const branches = real.map((form, index) => ({
    label: branchName(form, index),
    schema: merge(form, base),
  }));
  return shape('choice', schema, { branches, nullable });
}

function branchName(form: Schema, index: number): string {
  const title = form['title'];
  if (typeof title === 'string') return title;
  const fields = fieldsOf(form).map(({ name }) => name);
  if (fields.length > 0) return fields.slice(0, 3).join(', ');
  return typesOf(form).join(', ') || String(index + 1);
}

function takesNull(schema: Schema): boolean {
  const values = schema['enum'];
  return typesOf(schema).includes('null') || (Array.isArray(values) && values.includes(null));
}

/** `over` wins, except that fields and what is required add up. */
function merge(under: Schema, over: Schema): Schema {
  const merged: Schema = { ...under, ...over };
  if (isObject(under['properties']) && isObject(over['properties'])) {
    merged['properties'] = { ...under['properties'], ...over['properties'] };
  }
  if (Array.isArray(under['required']) && Array.isArray(over['required'])) {
    merged['required'] = [...new Set<unknown>([...under['required'], ...over['required']])];
  }
  return merged;
}

/** What a reference within the same document points to (RFC 6901); nothing for any other. */
function lookUp(reference: string, root: Schema): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return {};
  let found: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isObject(found) || !Object.hasOwn(found, name)) return {};
    found = found[name];
  }
  return found;
}

function shape(kind: Kind, schema: Schema, rest: Partial<Shape>): Shape {
  return { kind, schema, options: [], branches: [], nullable: false, ...rest };
}
