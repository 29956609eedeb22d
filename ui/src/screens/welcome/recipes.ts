/** How each app is connected, with its real address filled in. */

export interface Recipe {
  id: string;
  /** The app's own name, the same in every language. */
  app: string;
  /** A command to run, or text to put into a file. */
  kind: 'command' | 'file';
  /** Where the text goes; the user's home is `~`. */
  file?: string;
  text: string;
}

/** The recipes for a gateway at this address, most used first. */
export function recipes(endpoint: string): Recipe[] {
  const http = { type: 'http', url: endpoint };
  const bridge = { command: 'toolgate', args: ['bridge'] };
  return [
    {
      id: 'vs-code',
      app: 'VS Code',
      kind: 'command',
      text: `code --add-mcp '${JSON.stringify({ name: 'toolgate', ...http })}'`,
    },
    {
      id: 'claude-code',
      app: 'Claude Code',
      kind: 'command',
      text: `claude mcp add --scope user --transport http toolgate ${endpoint}`,
    },
    {
      id: 'claude-desktop',
      app: 'Claude Desktop',
      kind: 'file',
      file: 'claude_desktop_config.json',
      text: pretty({ mcpServers: { toolgate: bridge } }),
    },
    {
      id: 'cursor',
      app: 'Cursor',
      kind: 'file',
      file: '~/.cursor/mcp.json',
      text: pretty({ mcpServers: { toolgate: { url: endpoint } } }),
    },
    {
      id: 'codex',
      app: 'Codex',
      kind: 'command',
      text: `codex mcp add toolgate --url ${endpoint}`,
    },
    {
      id: 'zed',
      app: 'Zed',
      kind: 'file',
      file: '~/.config/zed/settings.json',
      text: pretty({ context_servers: { toolgate: { url: endpoint } } }),
    },
  ];
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
