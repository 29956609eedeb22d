// A gateway that only pretends: the built page and as much of the local API as reviewing and
// tokens need, with servers whose definitions a test can change at any moment.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

import { root } from './packages.mjs';
import { review, scene, snapshot } from './scene.mjs';

/** As the gateway's own page has it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** One that listens; `state` may be changed, `changed` tells the pages. */
export class Pretend {
  #server = createServer((asked, answer) => void this.#answer(asked, answer));
  #streams = new Set();
  #undo = new Map();

  /** Decisions that were sent, with the server they are about. */
  decisions = [];

  static async start() {
    const pretend = new Pretend();
    pretend.state = scene();
    await new Promise((resolve) => pretend.#server.listen(0, '127.0.0.1', resolve));
    pretend.origin = `http://127.0.0.1:${pretend.#server.address().port}`;
    return pretend;
  }

  /** Puts everything back. */
  reset() {
    this.state = scene();
    this.decisions = [];
    this.changed();
  }

  link(page = '/') {
    return `${this.origin}/#${new URLSearchParams({ code: 'pretended', path: page })}`;
  }

  /** Sends the state to every page. */
  changed() {
    const text = JSON.stringify(snapshot(this.state, this.origin));
    for (const stream of this.#streams) stream.write(`event: snapshot\ndata: ${text}\n\n`);
  }

  async close() {
    for (const stream of this.#streams) stream.end();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(asked, answer) {
    const { pathname } = new URL(asked.url, this.origin);
    try {
      if (!pathname.startsWith('/api/v1')) await this.#file(pathname, answer);
      else if (pathname === '/api/v1/events') this.#stream(answer);
      else await this.#call(`${asked.method} ${pathname.slice(7)}`, await body(asked), answer);
    } catch (error) {
      json(answer, 500, problem('broken', String(error.stack)));
    }
  }

  async #file(pathname, answer) {
    const file = pathname === '/' ? 'index.html' : pathname.slice(1);
    const content = await readFile(path.join(root, 'ui/dist', file)).catch(() => null);
    answer.writeHead(content ? 200 : 404, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    answer.end(content);
  }

  #stream(answer) {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#streams.add(answer);
    answer.once('close', () => this.#streams.delete(answer));
    this.changed();
  }

  async #call(call, given, answer) {
    const [, method, place, rest] = /^(\w+) \/([\w-]+)\/?(.*)$/.exec(call) ?? [];
    const name = decodeURIComponent(rest ?? '');
    if (place === 'session') json(answer, 200, { token: 'pretended', expires_at: 0 });
    else if (place === 'tokens') this.#token(method, name, given, answer);
    else if (place === 'quarantine' && name.startsWith('undo/')) this.#takeBack(name.slice(5), answer);
    else if (place === 'quarantine' && method === 'GET') json(answer, 200, review(this.#find(name)));
    else if (place === 'quarantine') this.#decide(this.#find(name), given, answer);
    else json(answer, 404, problem('not-found', `Nothing answers ${call}.`));
  }

  #find(name) {
    return this.state.servers.find((server) => server.name === name);
  }

  #decide(server, decision, answer) {
    this.decisions.push({ server: server.name, ...decision });
    if (decision.decision === 'start' && decision.launch !== server.launch) {
      json(answer, 409, problem('changed', 'It would be started in another way by now.'));
      return;
    }
    const id = randomUUID();
    this.#undo.set(id, structuredClone(this.state.servers));
    const left = apply(server, decision);
    json(answer, 200, {
      trust: review(server).trust,
      undo: { id, until: Date.now() + 10_000 },
      left,
    });
    this.changed();
  }

  #takeBack(id, answer) {
    this.state.servers = this.#undo.get(id);
    this.#undo.delete(id);
    json(answer, 204);
    this.changed();
  }

  #token(method, id, given, answer) {
    const { tokens } = this.state;
    if (method === 'DELETE') {
      this.state.tokens = tokens.filter((token) => token.id !== id);
      json(answer, 204);
    } else {
      const token = { id: randomUUID(), created_at: Date.now(), last_used: null, ...given };
      tokens.push(token);
      json(answer, 200, { ...token, token: `tg_${'x'.repeat(43)}` });
    }
    this.changed();
  }
}

/** Does what was decided; the definitions that are others than those that were seen. */
function apply(server, decision) {
  if (decision.decision === 'start') Object.assign(server, { may_start: true, approved_evidence: null });
  if (decision.decision === 'block-server') Object.assign(server, { may_start: false, refused: true });
  if (decision.mode) server.mode = decision.mode;
  const standing = { approve: 'approved', block: 'blocked' }[decision.decision];
  const left = [];
  for (const { kind, name, hash } of decision.definitions ?? []) {
    const one = server.definitions.find((other) => other.kind === kind && other.name === name);
    if (one.hash === hash) Object.assign(one, { standing, approved: undefined });
    else left.push({ kind, name });
  }
  return left;
}

function problem(code, message) {
  return { error: { code, message, fix: 'Look again.' } };
}

function json(answer, status, value) {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(value === undefined ? undefined : JSON.stringify(value));
}

async function body(asked) {
  const parts = [];
  for await (const part of asked) parts.push(part);
  const text = Buffer.concat(parts).toString();
  return text ? JSON.parse(text) : {};
}
