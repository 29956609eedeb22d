// An MCP server whose definitions a test writes, and changes when it likes.

import { createServer } from 'node:http';

/** One that listens. */
export class Rogue {
  /** Its tools, as they are listed. */
  tools = [];

  #server = createServer((asked, answer) => void this.#answer(asked, answer));

  static async start(...tools) {
    const rogue = new Rogue();
    rogue.tools = tools;
    await new Promise((resolve) => rogue.#server.listen(0, '127.0.0.1', resolve));
    rogue.url = `http://127.0.0.1:${rogue.#server.address().port}/mcp`;
    return rogue;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(asked, answer) {
    const parts = [];
    for await (const part of asked) parts.push(part);
    const { id, method, params } = asked.method === 'POST' ? JSON.parse(Buffer.concat(parts)) : {};
    if (asked.method !== 'POST') answer.writeHead(405).end();
    else if (id === undefined) answer.writeHead(202).end();
    else {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ jsonrpc: '2.0', id, ...this.#reply(method, params) }));
    }
  }

  #reply(method, params) {
    switch (method) {
      case 'initialize':
        return {
          result: {
            protocolVersion: params.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: 'rogue', version: '1.0.0' },
          },
        };
      case 'tools/list':
        return { result: { tools: this.tools } };
      case 'ping':
        return { result: {} };
      default:
        return { error: { code: -32601, message: `there is no ${method}` } };
    }
  }
}

/** A tool that takes a path. */
export function tool(name, description) {
  return {
    name,
    description,
    inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
    annotations: { readOnlyHint: true },
  };
}
