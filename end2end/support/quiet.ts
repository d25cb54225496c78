// A page that works says nothing on the console. Anything it says fails the test, unless the test said
// beforehand that it must come.

import { expect, type BrowserContext, type ConsoleMessage } from '@playwright/test';

/** What Chromium itself prints when the network or the server is away, and the loader after it. */
export const NO_NETWORK =
  /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|CONNECTION_CLOSED|CONNECTION_ABORTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|INTERNET_DISCONNECTED|NETWORK_CHANGED|SOCKET_NOT_CONNECTED|PROXY_CONNECTION_FAILED|SOCKS_CONNECTION_FAILED|CONTENT_LENGTH_MISMATCH|TIMED_OUT|TUNNEL_CONNECTION_FAILED|FAILED|ABORTED)|status of 50[23]|Deskbell no (config|frame)/;

export class Quiet {
  readonly #said: string[] = [];
  readonly #allowed: RegExp[] = [];
  #over = false;

  watch(context: BrowserContext, who: string) {
    context.on('console', message => this.#hear(who, message));
    context.on('weberror', error => this.#note(`${who}: uncaught: ${error.error().stack ?? error.error()}`));
  }

  /** From here on these may be said, because the test itself breaks something. */
  allow(...patterns: RegExp[]) {
    this.#allowed.push(...patterns);
  }

  /** What was said so far and not allowed. */
  get said(): string[] {
    return this.#said.filter(line => !this.#allowed.some(pattern => pattern.test(line)));
  }

  /** Everything, allowed or not: for tests that want to see that a refusal really was printed. */
  get all(): readonly string[] {
    return this.#said;
  }

  check(where = 'the console') {
    expect(this.said, `${where} must be silent`).toEqual([]);
  }

  /** Everybody leaves: what is said from here on is not the product's. */
  end() {
    this.#over = true;
  }

  #note(line: string) {
    if (!this.#over) this.#said.push(line);
  }

  #hear(who: string, message: ConsoleMessage) {
    if (!['error', 'warning', 'assert'].includes(message.type())) return;
    this.#note(`${who}: ${message.type()}: ${message.text()} (${message.location().url})`);
  }
}
