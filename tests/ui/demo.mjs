// A gateway as a person has it after some weeks: servers in every state, clients, calls, and
// things that wait for a decision.

import { spawn } from 'node:child_process';
import path from 'node:path';

import { Client } from './client.mjs';
import { Gateway, fake } from './gateway.mjs';
import { programs } from './packages.mjs';

/** What a person is asked to look at, as people and agents hand it in. */
const PROPOSALS = [
  { source: 'link', text: '{"mcpServers":{"weather":{"command":"npx","args":["-y","@acme/weather-mcp"],"env":{"API_KEY":"4711"}}}}' },
  { source: 'paste', text: '{"mcpServers":{"jira":{"url":"https://jira.example.com/mcp","headers":{"Authorization":"Bearer 4711"}}}}' },
];

/** A running set-up; `close` ends all of it. */
export class Demo {
  #remotes = [];

  /** Starts it and waits until every server is in the state that it is there for. */
  static async start(settings = {}) {
    const demo = new Demo();
    const remote = await demo.#remote('--require-header', 'Authorization=Bearer none');
    demo.gateway = await Gateway.start({ ...settings, mcpServers: servers(remote) });
    await demo.#states();
    await demo.#calls();
    for (const proposal of PROPOSALS) await demo.gateway.api('POST', '/review', proposal);
    return demo;
  }

  async close() {
    await this.gateway?.close();
    for (const remote of this.#remotes) remote.kill();
  }

  async #states() {
    const wanted = {
      filesystem: 'ready',
      linear: 'ready',
      puppeteer: 'disabled',
      slack: 'crash-loop',
      time: 'ready',
    };
    for (const [name, state] of Object.entries(wanted)) await this.gateway.server(name, state);
    await this.gateway.snapshot('postgres needs someone', ({ servers }) =>
      servers.some(({ name, problem }) => name === 'postgres' && problem),
    );
  }

  async #calls() {
    const { origin } = this.gateway;
    const editor = await Client.connect(origin, 'VS Code');
    const desktop = await Client.connect(origin, 'Claude Desktop');
    const cursor = await Client.connect(origin, 'Cursor');
    for (const client of [editor, desktop, cursor]) await client.request('tools/list', {});
    await desktop.call('time__add', { a: 12, b: 30 });
    await desktop.call('filesystem__echo', { text: 'notes/today.md' });
    for (const text of ['README.md', 'Cargo.toml', 'src/main.rs']) {
      await editor.call('filesystem__echo', { text });
    }
    await editor.call('linear__fail', {});
    await editor.call('time__add', { a: 1, b: 2 });
    await cursor.end();
  }

  /** A scripted server that answers HTTP; its address. */
  #remote(...args) {
    const server = spawn(path.join(programs, 'fake-server'), ['--http', '0', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#remotes.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.stdout.once('data', (line) => resolve(String(line).trim()));
    });
  }
}

/** `mcpServers`, one for each state that a person can meet. */
function servers(remote) {
  return {
    filesystem: fake('--tools', '12', '--seed', '1', '--stderr', 'Serving /home/ada/notes'),
    github: { url: remote },
    linear: fake('--tools', '21', '--seed', '2'),
    notion: {
      url: 'https://notion.example.com/mcp',
      headers: { Authorization: 'Bearer ${env:NOTION_TOKEN}' },
    },
    postgres: { command: 'pg-mcp', args: ['postgres://localhost/shop'] },
    puppeteer: { ...fake('--tools', '7', '--seed', '3'), disabled: true },
    sentry: fake('--hang', 'initialize'),
    slack: fake('--stderr', 'invalid_auth: the token was revoked', '--exit-at-once', '1'),
    time: fake('--tools', '2', '--seed', '4'),
  };
}
