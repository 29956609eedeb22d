// As much of an MCP client as filling the pages needs: a session, and calls in it.

/** A client of the gateway's default face, or of another. */
export class Client {
  #headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  #requests = 0;

  constructor(origin, face, token) {
    this.url = `${origin}${face}`;
    if (token) this.#headers.authorization = `Bearer ${token}`;
  }

  /** Shakes hands under this name, with a token where one is given. */
  static async connect(origin, name, { face = '/mcp', token = '' } = {}) {
    const client = new Client(origin, face, token);
    await client.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name, version: '1.0.0' },
    });
    await client.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return client;
  }

  /** Calls a tool of a server through the menu; the result, also when the tool failed. */
  call(tool, args = {}, by = 'call_tool_read') {
    return this.request('tools/call', { name: by, arguments: { name: tool, arguments: args } });
  }

  /** Sends a request and returns its result. */
  async request(method, params) {
    this.#requests += 1;
    const answer = await this.#post({ jsonrpc: '2.0', id: this.#requests, method, params });
    const session = answer.headers.get('mcp-session-id');
    if (session) this.#headers['mcp-session-id'] = session;
    const { result, error } = await answer.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Ends the session. */
  async end() {
    await fetch(this.url, { method: 'DELETE', headers: this.#headers });
  }

  #post(message) {
    return fetch(this.url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(message),
    });
  }
}
