/** Whether a value fits a JSON Schema, before it is sent; the gateway has the last word. */

import { isObject, resolve, typesOf, type Schema } from './shape';
import { Typed } from './value';

export type Fault =
  | 'Required'
  | 'Text'
  | 'Number'
  | 'Integer'
  | 'Exact'
  | 'Boolean'
  | 'List'
  | 'Object'
  | 'Null'
  | 'Json'
  | 'Option'
  | 'Forms'
  | 'Min'
  | 'Max'
  | 'Above'
  | 'Below'
  | 'Multiple'
  | 'Shortest'
  | 'Longest'
  | 'Pattern'
  | 'Format'
  | 'Fewest'
  | 'Most'
  | 'Unique'
  | 'Unknown';

export interface Flaw {
  /** JSON pointer (RFC 6901) to the field. */
  path: string;
  fault: Fault;
  values: Record<string, string | number>;
}

/** Circles of forms that consume nothing of the value end here. */
const DEEPEST = 48;

export function check(value: unknown, given: unknown, root: Schema, path = '', depth = 0): Flaw[] {
  if (depth > DEEPEST) return [];
  const schema = resolve(given, root);
  const at = (fault: Fault, values: Flaw['values'] = {}): Flaw => ({ path, fault, values });
  if (value instanceof Typed) return [at(typedFault(schema))];
  const wrong = wrongType(value, typesOf(schema));
  if (wrong) return [at(wrong)];
  return [
    ...ownFlaws(value, schema).map(([fault, values]) => at(fault, values)),
    ...formFlaws(value, schema, root, path, depth),
    ...(isObject(value) ? fieldFlaws(value, schema, root, path, depth) : []),
    ...(Array.isArray(value)
      ? value.flatMap((item, index) =>
          isObject(schema['items'])
            ? check(item, schema['items'], root, `${path}/${index}`, depth + 1)
            : [],
        )
      : []),
  ];
}

/** One part of a JSON pointer. */
export function pointer(path: string, name: string | number): string {
  return `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

type Found = [Fault, Flaw['values']];

const TYPES: Record<string, { fits: (value: unknown) => boolean; fault: Fault }> = {
  string: { fits: (value) => typeof value === 'string', fault: 'Text' },
  number: { fits: (value) => typeof value === 'number', fault: 'Number' },
  integer: { fits: (value) => Number.isInteger(value), fault: 'Integer' },
  boolean: { fits: (value) => typeof value === 'boolean', fault: 'Boolean' },
  array: { fits: Array.isArray, fault: 'List' },
  object: { fits: isObject, fault: 'Object' },
  null: { fits: (value) => value === null, fault: 'Null' },
};

const FORMATS: Record<string, RegExp> = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/,
  time: /^\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?$/,
  email: /^[^\s@]+@[^\s@]+$/,
  uri: /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/,
  uuid: /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/,
};

function typedFault(schema: Schema): Fault {
  const types = typesOf(schema);
  if (types.includes('number')) return 'Number';
  return types.includes('integer') ? 'Integer' : 'Json';
}

function wrongType(value: unknown, types: string[]): Fault | null {
  const known = types.flatMap((type) => TYPES[type] ?? []);
  if (known.length === 0 || known.some(({ fits }) => fits(value))) return null;
  return known[0]?.fault ?? null;
}

function ownFlaws(value: unknown, schema: Schema): Found[] {
  const options = Array.isArray(schema['enum'])
    ? schema['enum']
    : 'const' in schema
      ? [schema['const']]
      : null;
  const found: Found[] = [];
  if (options && !options.some((option) => same(option, value))) found.push(['Option', {}]);
  if (typeof value === 'number') found.push(...numberFlaws(value, schema));
  if (typeof value === 'string') found.push(...textFlaws(value, schema));
  if (Array.isArray(value)) found.push(...listFlaws(value, schema));
  return found;
}

function numberFlaws(value: number, schema: Schema): Found[] {
  const found: Found[] = [];
  const limit = (name: string, fault: Fault, broken: (n: number) => boolean): void => {
    const n = schema[name];
    if (typeof n === 'number' && broken(n)) found.push([fault, { n }]);
  };
  limit('minimum', 'Min', (n) => value < n);
  limit('maximum', 'Max', (n) => value > n);
  limit('exclusiveMinimum', 'Above', (n) => value <= n);
  limit('exclusiveMaximum', 'Below', (n) => value >= n);
  limit(
    'multipleOf',
    'Multiple',
    (n) => n > 0 && Math.abs(value / n - Math.round(value / n)) > 1e-9,
  );
  // Beyond this a number of JavaScript is not the one that was typed.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) found.push(['Exact', {}]);
  return found;
}

function textFlaws(value: string, schema: Schema): Found[] {
  const found: Found[] = [];
  const { minLength, maxLength, pattern, format } = schema;
  const length = [...value].length;
  if (typeof minLength === 'number' && length < minLength)
    found.push(['Shortest', { n: minLength }]);
  if (typeof maxLength === 'number' && length > maxLength)
    found.push(['Longest', { n: maxLength }]);
  if (typeof pattern === 'string' && expression(pattern)?.test(value) === false) {
    found.push(['Pattern', { pattern }]);
  }
  const form = typeof format === 'string' ? FORMATS[format] : undefined;
  if (form && !form.test(value)) found.push(['Format', { format: String(format) }]);
  return found;
}

function listFlaws(value: unknown[], schema: Schema): Found[] {
  const found: Found[] = [];
  const { minItems, maxItems, uniqueItems } = schema;
  if (typeof minItems === 'number' && value.length < minItems)
    found.push(['Fewest', { n: minItems }]);
  if (typeof maxItems === 'number' && value.length > maxItems)
    found.push(['Most', { n: maxItems }]);
  const texts = new Set(value.map((item) => JSON.stringify(item)));
  if (uniqueItems === true && texts.size < value.length) found.push(['Unique', {}]);
  return found;
}

function formFlaws(
  value: unknown,
  schema: Schema,
  root: Schema,
  path: string,
  depth: number,
): Flaw[] {
  const forms = schema['oneOf'] ?? schema['anyOf'];
  if (!Array.isArray(forms) || forms.length === 0) return [];
  const results = forms.map((form) => check(value, form, root, path, depth + 1));
  if (results.some((flaws) => flaws.length === 0)) return [];
  // The form that is nearly right is the one that was meant.
  const best = results.toSorted((one, other) => one.length - other.length)[0] ?? [];
  return best.some((flaw) => flaw.path !== path) ? best : [{ path, fault: 'Forms', values: {} }];
}

function fieldFlaws(
  value: Record<string, unknown>,
  schema: Schema,
  root: Schema,
  path: string,
  depth: number,
): Flaw[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const found: Flaw[] = required
    .filter((name) => typeof name === 'string' && value[name] === undefined)
    .map((name) => ({ path: pointer(path, String(name)), fault: 'Required', values: {} }));
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const own = Object.hasOwn(properties, name);
    const other = own ? properties[name] : schema['additionalProperties'];
    if (!own && other === false && !isObject(schema['patternProperties'])) {
      found.push({ path: pointer(path, name), fault: 'Unknown', values: { name } });
    } else found.push(...check(inner, other, root, pointer(path, name), depth + 1));
  }
  return found;
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** A pattern that is none in this browser does not speak against any text. */
function expression(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return null;
  }
}
