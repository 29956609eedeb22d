/** Paths with named parts: `/servers/:name/:tab?`. */

export type Params = Record<string, string>;

/** The values of the named parts where the path fits the pattern, `null` otherwise. */
export function match(pattern: string, path: string): Params | null {
  const wanted = split(pattern);
  const given = split(path);
  if (given.length > wanted.length) return null;
  const params: Params = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index];
    if (value === undefined) {
      if (part.endsWith('?')) continue;
      return null;
    }
    if (part.startsWith(':')) params[part.replace(/^:|\?$/g, '')] = decode(value);
    else if (part !== value) return null;
  }
  return params;
}

/** The path and the query of a fragment such as `#/servers?show=off`. */
export function readFragment(fragment: string): { path: string; query: URLSearchParams } {
  const text = fragment.replace(/^#/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  return {
    path: path.startsWith('/') ? path : '/',
    query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)),
  };
}

/** The address of a path within the page, for `href`. */
export function href(path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  const text = search.toString();
  return `#${path}${text ? `?${text}` : ''}`;
}

/** One value as a part of a path. */
export const segment = encodeURIComponent;

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
