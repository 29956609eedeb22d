// As much of the WebDriver protocol (W3C, Level 2) as looking into one window needs.

import { spawn } from 'node:child_process';

import { until } from '../ui/waiting.mjs';

/** What an element is called in an answer (section 12). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** A window that is driven. */
export class Driver {
  #process;
  #session;

  constructor(port) {
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Starts the driver of the system's web view; it starts nothing yet. */
  static async launch(port) {
    const driver = new Driver(port);
    driver.#process = spawn('WebKitWebDriver', [`--port=${port}`], {
      env: { ...process.env, TAURI_WEBVIEW_AUTOMATION: 'true' },
      stdio: 'ignore',
    });
    await until('the driver is up', () =>
      driver.#send('GET', '/status').then(
        () => true,
        () => false,
      ),
    );
    return driver;
  }

  /** Starts the program and waits until it opens a window. */
  async attach(binary, args) {
    const options = { 'webkitgtk:browserOptions': { binary, args } };
    const capabilities = { capabilities: { alwaysMatch: options } };
    const { sessionId } = await this.#send('POST', '/session', capabilities);
    this.#session = `/session/${sessionId}`;
  }

  /** What a script in the page returns. */
  run(script, ...args) {
    return this.#send('POST', `${this.#session}/execute/sync`, { script, args });
  }

  /** Waits until the page shows this text. */
  async shows(text) {
    let shown = '';
    const isShown = async () => {
      shown = await this.run('return document.body.innerText');
      return shown.includes(text);
    };
    await until(`the window shows "${text}"`, isShown).catch((error) => {
      throw new Error(`${error.message}; it shows: ${shown}`);
    });
  }

  /** Clicks what an XPath finds, as soon as it is there. */
  async click(xpath) {
    const query = { using: 'xpath', value: xpath };
    const find = () => this.#send('POST', `${this.#session}/element`, query);
    const found = await until(`the window has ${xpath}`, () => find().catch(() => null));
    await this.#send('POST', `${this.#session}/element/${found[ELEMENT]}/click`, {});
  }

  /** The page's address. */
  url() {
    return this.#send('GET', `${this.#session}/url`);
  }

  async quit() {
    if (this.#session) await this.#send('DELETE', this.#session).catch(() => null);
    this.#process.kill();
  }

  async #send(method, path, body) {
    const answer = await fetch(this.origin + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`);
    return value;
  }
}
