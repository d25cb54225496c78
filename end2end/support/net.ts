// Ports, waiting, and a way to take away somebody's network.

import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

/** A port of 127.0.0.1 on which nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((done, fail) => probe.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise(done => probe.close(done));
  return port;
}

/** Asks again until the answer is truthy; says what it waited for otherwise. */
export async function until<T>(what: string, ask: () => Promise<T> | T, ms = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}; last: ${last}`);
    await sleep(50);
  }
}

/**
 * `open`: passes everything. `cut`: as with the cable pulled and the system knowing, every connection ends at
 * once and new ones are refused. `frozen`: as with a dead radio link, nothing arrives and nothing fails.
 * `deaf`: requests still reach the desk, but their answers are lost.
 */
export type Weather = 'open' | 'cut' | 'frozen' | 'deaf';

/**
 * One person's way to the network: a forward proxy that a browser context is given. The addresses stay what
 * they are, so cookies, origins and framing stay real.
 */
export class Link {
  weather: Weather = 'open';
  /** How many requests came while the weather was bad. */
  harmed = 0;

  readonly #server = http.createServer((asked, answer) => this.#pass(asked, answer));
  readonly #sockets = new Set<net.Socket>();
  readonly #held: (() => void)[] = [];
  #port = 0;

  static async open(): Promise<Link> {
    const link = new Link();
    link.#server.requestTimeout = 0;
    link.#server.on('connection', socket => {
      link.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => link.#sockets.delete(socket));
      if (link.weather === 'cut') {
        link.harmed += 1;
        socket.destroy();
      }
    });
    await new Promise<void>(done => link.#server.listen(0, '127.0.0.1', done));
    link.#port = (link.#server.address() as net.AddressInfo).port;
    return link;
  }

  /** For `browser.newContext({ proxy })`. */
  get proxy() {
    return { server: `http://127.0.0.1:${this.#port}` };
  }

  cut() {
    this.weather = 'cut';
    this.#drop();
  }

  freeze() {
    this.weather = 'frozen';
  }

  deafen() {
    this.weather = 'deaf';
  }

  /** Connections that lived through bad weather are gone, except frozen ones, which go on where they stopped. */
  heal() {
    const was = this.weather;
    this.weather = 'open';
    if (was === 'deaf') this.#drop();
    this.#held.splice(0).forEach(go => go());
  }

  async close() {
    this.weather = 'open';
    this.#drop();
    await new Promise(done => this.#server.close(done));
  }

  #drop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#held.length = 0;
  }

  /** Runs now, or when the link thaws. */
  #whenThawed(go: () => void) {
    if (this.weather === 'frozen') this.#held.push(go);
    else go();
  }

  #pass(asked: http.IncomingMessage, answer: http.ServerResponse) {
    if (this.weather !== 'open') this.harmed += 1;
    if (this.weather === 'cut') {
      asked.socket.destroy();
      return;
    }
    asked.on('error', () => {});
    answer.on('error', () => {});
    this.#whenThawed(() => this.#forward(asked, answer));
  }

  #forward(asked: http.IncomingMessage, answer: http.ServerResponse) {
    const to = new URL(asked.url ?? '/', `http://${asked.headers.host}`);
    const headers = { ...asked.headers };
    delete headers['proxy-connection'];
    const onward = http.request(
      { host: '127.0.0.1', port: to.port, path: to.pathname + to.search, method: asked.method, headers, agent: false },
      reply => {
        if (this.weather === 'deaf') {
          reply.resume();
          return;
        }
        this.#whenThawed(() => answer.writeHead(reply.statusCode ?? 502, reply.rawHeaders));
        reply.on('data', (part: Buffer) => {
          if (this.weather === 'deaf') return;
          this.#whenThawed(() => answer.write(part));
        });
        reply.on('end', () => this.#whenThawed(() => answer.end()));
        reply.on('error', () => answer.destroy());
        reply.on('aborted', () => answer.destroy());
      },
    );
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  }
}
