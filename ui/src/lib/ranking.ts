/** Why a tool was found: where the words of the query are in it. */

import type { ToolSummary } from '../api/types';

export interface Piece {
  text: string;
  hit: boolean;
}

export type Place = 'name' | 'description' | 'server';

/** The text cut where it holds one of the words, whatever their endings. */
export function highlight(text: string, words: readonly string[]): Piece[] {
  const stems = words.map(stem).filter((word) => word !== '');
  if (stems.length === 0) return text ? [{ text, hit: false }] : [];
  const found: Piece[] = [];
  for (const [part] of text.matchAll(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu)) {
    const hit = stems.some((one) => part.toLowerCase().startsWith(one));
    const last = found.at(-1);
    if (last && last.hit === hit) last.text += part;
    else found.push({ text: part, hit });
  }
  return found;
}

/** For each part of the tool the words that are in it. */
export function matches(tool: ToolSummary): { place: Place; words: string[] }[] {
  const places: Place[] = ['name', 'description', 'server'];
  return places
    .map((place) => ({
      place,
      words: (tool.matched ?? []).filter((word) =>
        highlight(tool[place], [word]).some(({ hit }) => hit),
      ),
    }))
    .filter(({ words }) => words.length > 0);
}

/** Names that tools of several servers have, with those servers. */
export function duplicates(tools: readonly ToolSummary[]): Map<string, string[]> {
  const servers = new Map<string, string[]>();
  for (const { name, server } of tools) {
    const known = servers.get(name);
    if (!known) servers.set(name, [server]);
    else if (!known.includes(server)) known.push(server);
  }
  return new Map([...servers].filter(([, names]) => names.length > 1));
}

/** Tools by server, both in their order. */
export function byServer(
  tools: readonly ToolSummary[],
): { server: string; tools: ToolSummary[] }[] {
  const groups = new Map<string, ToolSummary[]>();
  for (const tool of tools) {
    const group = groups.get(tool.server);
    if (group) group.push(tool);
    else groups.set(tool.server, [tool]);
  }
  return [...groups].map(([server, own]) => ({ server, tools: own }));
}

export function tokens(tools: readonly ToolSummary[]): number {
  return tools.reduce((sum, tool) => sum + tool.tokens, 0);
}

/** Good enough to find `issues` by `issue`; the index itself knows more. */
function stem(word: string): string {
  const lower = word.toLowerCase();
  const short = lower.replace(/(ing|ed|es|s|e)$/u, '');
  return short.length >= 3 ? short : lower;
}
