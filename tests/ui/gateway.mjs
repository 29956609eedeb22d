// A real gateway of its own: private configuration, private data, a free port.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { programs } from './packages.mjs';
import { until } from './waiting.mjs';

/** What runs: a test that breaks off must leave nothing behind. */
const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a program that does not outlive this one. */
export function start(program, args, options) {
  const child = spawn(path.join(programs, program), args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  // Without a program there is no exit code either.
  child.once('error', (error) => (child.failure = error));
  return child;
}

/** The entry of a scripted server. */
export function fake(...args) {
  return { command: path.join(programs, 'fake-server'), args };
}

/** A running gateway. */
export class Gateway {
  #process;

  constructor(folder, port, trust) {
    this.folder = folder;
    this.trust = trust;
    this.origin = `http://127.0.0.1:${port}`;
    this.config = path.join(folder, 'config.json');
    this.data = path.join(folder, 'data');
  }

  /**
   * Starts one with these keys of the configuration and waits until it answers. Its servers count
   * as let in; with `null` for the trust they are held until somebody reviews them.
   */
  static async start(config = {}, trust = 'auto') {
    const folder = await mkdtemp(path.join(tmpdir(), 'toolgate-ui-'));
    await mkdir(path.join(folder, 'home'));
    const port = await freePort();
    const gateway = new Gateway(folder, port, trust);
    // Clients of these tests send no token unless a test is about them.
    const settings = { listen: `127.0.0.1:${port}`, tokens: 'off', ...config };
    const text = JSON.stringify(settings, null, 2);
    await writeFile(gateway.config, text);
    await gateway.launch();
    return gateway;
  }

  /** Starts the program; for a gateway that was stopped, too. */
  async launch() {
    const said = createWriteStream(path.join(this.folder, 'stderr'), { flags: 'a' });
    this.#process = start('toolgate', this.#arguments('serve', ...(this.trust ? ['--trust', this.trust] : [])), {
      env: this.#environment(),
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr.pipe(said);
    await until('the gateway is up', async () => {
      if (this.#process.failure) throw this.#process.failure;
      if (this.#process.exitCode !== null) throw new Error(await this.diagnosis());
      return fetch(`${this.origin}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
    });
  }

  /** Asks it to end and waits until it has. */
  async stop() {
    if (!running.has(this.#process)) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }

  /** Stops it and removes everything. */
  async close() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Asks the local API; the answer's body, or an error with the gateway's own words. */
  async api(method, route, body) {
    const token = await readFile(path.join(this.data, 'local-token'), 'utf8');
    const answer = await fetch(`${this.origin}/api/v1${route}`, {
      method,
      headers: {
        authorization: `Bearer ${token.trim()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** An address that signs a browser in and shows this page. */
  async link(page = '/') {
    const { code } = await this.api('POST', '/session/code', { path: page });
    const fragment = new URLSearchParams({ code, path: page });
    return `${this.origin}/#${fragment}`;
  }

  /** Waits until the snapshot fulfils a condition, and returns it. */
  snapshot(what, condition) {
    return until(what, async () => {
      const snapshot = await this.api('GET', '/status');
      return condition(snapshot) ? snapshot : null;
    });
  }

  /** Waits until a server has this state. */
  server(name, state) {
    return this.snapshot(`${name} is ${state}`, ({ servers }) =>
      servers.some((server) => server.name === name && server.state === state),
    );
  }

  /** Runs a `toolgate` command against it and returns what it printed. */
  async cli(...args) {
    const child = start('toolgate', this.#arguments(...args), {
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`toolgate ${args.join(' ')} ended with ${code}`);
    return output;
  }

  /** What it said and how it is, for the message of a failed test. */
  async diagnosis() {
    return readFile(path.join(this.folder, 'stderr'), 'utf8').catch(() => 'it said nothing');
  }

  #arguments(...args) {
    return ['--config', this.config, '--data-dir', this.data, ...args];
  }

  #environment() {
    return {
      PATH: process.env.PATH,
      HOME: path.join(this.folder, 'home'),
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
    };
  }
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
