/** The programs that can use the gateway, and what each wants to be told; checked 2026-11-20. */

import type { TokenRule } from '../../api/types';

export type System = 'mac' | 'windows' | 'linux';

export interface Place {
  system: System | 'all';
  path: string;
}

/** One thing to paste somewhere. */
export interface Snippet {
  kind: 'command' | 'file';
  text: string;
}

export interface App {
  id: string;
  /** Its name; other than `any` the same in every language. */
  name: string;
  /** Whether it reaches the gateway by its address, or starts `toolgate bridge`. */
  way: 'http' | 'bridge';
  snippets: Snippet[];
  files: Place[];
  /** An address that makes the program offer to add the gateway. */
  install?: string;
  /** A command, or words typed into the program, that show whether it worked. */
  verify?: { kind: 'command' | 'type' | 'menu'; text: string };
  /** Whether it has to be started again to notice. */
  restart?: boolean;
  /** How it names itself when it calls. */
  callsItself?: RegExp;
}

const NAME = 'toolgate';
const BRIDGE = { command: 'toolgate', args: ['bridge'] };

/** Where a token belongs, as long as there is none to put there. */
export const SOME_TOKEN = 'tg_…';

/** All programs, for a gateway at this address and a client with this token, where it needs one. */
export function apps(
  endpoint: string,
  rule: TokenRule = 'required',
  token: string = SOME_TOKEN,
): App[] {
  const needed = rule === 'required' || token !== SOME_TOKEN;
  const headers = needed ? { Authorization: `Bearer ${token}` } : undefined;
  return [
    claudeCode(endpoint, headers),
    claudeDesktop(),
    vsCode(endpoint, headers),
    cursor(endpoint, headers),
    codex(endpoint, headers),
    zed(endpoint, headers),
    windsurf(endpoint, headers),
    gemini(endpoint, headers),
    lmStudio(endpoint, headers),
    other(endpoint, headers),
  ];
}

interface Headers {
  Authorization: string;
}

/** The header as a flag of a command, with a space before it. */
function asFlag(headers?: Headers): string {
  return headers ? ` --header "Authorization: ${headers.Authorization}"` : '';
}

function claudeCode(url: string, headers?: Headers): App {
  return {
    id: 'claude-code',
    name: 'Claude Code',
    way: 'http',
    snippets: [
      {
        kind: 'command',
        text: `claude mcp add --transport http --scope user ${NAME} ${url}${asFlag(headers)}`,
      },
      file({ mcpServers: { [NAME]: { type: 'http', url, headers } } }),
    ],
    files: [{ system: 'all', path: '~/.claude.json' }],
    verify: { kind: 'command', text: 'claude mcp list' },
    callsItself: /claude[- ]?code/i,
  };
}

function claudeDesktop(): App {
  return {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    way: 'bridge',
    snippets: [file({ mcpServers: { [NAME]: BRIDGE } })],
    files: [
      { system: 'mac', path: '~/Library/Application Support/Claude/claude_desktop_config.json' },
      { system: 'windows', path: String.raw`%APPDATA%\Claude\claude_desktop_config.json` },
      {
        system: 'windows',
        path: String.raw`%LOCALAPPDATA%\Packages\Claude_*\LocalCache\Roaming\Claude\claude_desktop_config.json`,
      },
      { system: 'linux', path: '~/.config/Claude/claude_desktop_config.json' },
    ],
    restart: true,
    callsItself: /claude[- ]?(ai|desktop)/i,
  };
}

function vsCode(url: string, headers?: Headers): App {
  const entry = { name: NAME, type: 'http', url };
  const whole = { ...entry, headers };
  return {
    id: 'vs-code',
    name: 'VS Code',
    way: 'http',
    snippets: [
      { kind: 'command', text: `code --add-mcp '${JSON.stringify(whole)}'` },
      file({ servers: { [NAME]: { type: 'http', url, headers } } }),
    ],
    files: [
      { system: 'mac', path: '~/Library/Application Support/Code/User/mcp.json' },
      { system: 'windows', path: String.raw`%APPDATA%\Code\User\mcp.json` },
      { system: 'linux', path: '~/.config/Code/User/mcp.json' },
    ],
    install: `vscode:mcp/install?${encodeURIComponent(JSON.stringify(entry))}`,
    verify: { kind: 'menu', text: 'MCP: List Servers' },
    callsItself: /visual studio code|vs ?code/i,
  };
}

function cursor(url: string, headers?: Headers): App {
  const config = encodeURIComponent(btoa(JSON.stringify({ url })));
  return {
    id: 'cursor',
    name: 'Cursor',
    way: 'http',
    snippets: [file({ mcpServers: { [NAME]: { url, headers } } })],
    files: [{ system: 'all', path: '~/.cursor/mcp.json' }],
    install: `cursor://anysphere.cursor-deeplink/mcp/install?name=${NAME}&config=${config}`,
    verify: { kind: 'menu', text: 'Cursor Settings ▸ MCP' },
    callsItself: /cursor/i,
  };
}

function codex(url: string, headers?: Headers): App {
  return {
    id: 'codex',
    name: 'Codex',
    way: 'http',
    snippets: [
      {
        kind: 'file',
        text: [
          `[mcp_servers.${NAME}]`,
          `url = ${JSON.stringify(url)}`,
          ...(headers
            ? [`http_headers = { Authorization = ${JSON.stringify(headers.Authorization)} }`]
            : []),
          '',
        ].join('\n'),
      },
    ],
    files: [{ system: 'all', path: '~/.codex/config.toml' }],
    verify: { kind: 'command', text: 'codex mcp list' },
    callsItself: /codex/i,
  };
}

function zed(url: string, headers?: Headers): App {
  return {
    id: 'zed',
    name: 'Zed',
    way: 'http',
    snippets: [file({ context_servers: { [NAME]: { url, headers } } })],
    files: [
      { system: 'mac', path: '~/.config/zed/settings.json' },
      { system: 'windows', path: String.raw`%APPDATA%\Zed\settings.json` },
      { system: 'linux', path: '~/.config/zed/settings.json' },
    ],
    verify: { kind: 'menu', text: 'Agent Panel ▸ Settings' },
    callsItself: /\bzed\b/i,
  };
}

function windsurf(serverUrl: string, headers?: Headers): App {
  return {
    id: 'windsurf',
    name: 'Windsurf',
    way: 'http',
    snippets: [file({ mcpServers: { [NAME]: { serverUrl, headers } } })],
    files: [
      { system: 'mac', path: '~/.codeium/windsurf/mcp_config.json' },
      { system: 'windows', path: String.raw`%USERPROFILE%\.codeium\windsurf\mcp_config.json` },
      { system: 'linux', path: '~/.codeium/windsurf/mcp_config.json' },
    ],
    verify: { kind: 'menu', text: 'Cascade ▸ MCP ▸ Refresh' },
    callsItself: /windsurf|cascade/i,
  };
}

function gemini(httpUrl: string, headers?: Headers): App {
  return {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    way: 'http',
    snippets: [
      {
        kind: 'command',
        text: `gemini mcp add --transport http --scope user${asFlag(headers)} ${NAME} ${httpUrl}`,
      },
      file({ mcpServers: { [NAME]: { httpUrl, headers } } }),
    ],
    files: [{ system: 'all', path: '~/.gemini/settings.json' }],
    verify: { kind: 'command', text: 'gemini mcp list' },
    callsItself: /gemini/i,
  };
}

function lmStudio(url: string, headers?: Headers): App {
  const config = encodeURIComponent(btoa(JSON.stringify({ url })));
  return {
    id: 'lm-studio',
    name: 'LM Studio',
    way: 'http',
    snippets: [file({ mcpServers: { [NAME]: { url, headers } } })],
    files: [{ system: 'all', path: '~/.lmstudio/mcp.json' }],
    install: `lmstudio://add_mcp?name=${NAME}&config=${config}`,
    callsItself: /lm ?studio/i,
  };
}

function other(url: string, headers?: Headers): App {
  return {
    id: 'other',
    name: '',
    way: 'http',
    snippets: [
      { kind: 'file', text: headers ? `${url}\nAuthorization: ${headers.Authorization}` : url },
      file({ mcpServers: { [NAME]: BRIDGE } }),
    ],
    files: [],
  };
}

function file(content: unknown): Snippet {
  return { kind: 'file', text: JSON.stringify(content, null, 2) };
}

/** The system that a browser says it runs on. */
export function systemOf(agent: string): System {
  if (/Windows/.test(agent)) return 'windows';
  return /Mac OS X|Macintosh/.test(agent) ? 'mac' : 'linux';
}
