// A TCP proxy that misbehaves when told to. For a browser it is a SOCKS proxy, so that addresses, cookies and
// origins stay what they are; for a program it is another address of the desk. Only the desk's port suffers.

import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Fault =
  | { kind: 'calm' }
  /** Every piece comes so much later. */
  | { kind: 'delay'; ms: number }
  /** So many bytes in a second, each way. */
  | { kind: 'slow'; rate: number }
  /** In the middle of an answer nothing more is sent, and the connection still hears. */
  | { kind: 'half-close' }
  /** Connections are reset after so many bytes of answer. */
  | { kind: 'reset'; after: number }
  /** What is asked arrives, and no answer comes back. */
  | { kind: 'swallow' }
  /** Nothing arrives, and nothing fails. */
  | { kind: 'blackhole' }
  /** A gateway without a server behind it. */
  | { kind: 'bad-gateway' }
  | { kind: 'refuse' };

export const CALM: Fault = { kind: 'calm' };

const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Gateway';

/** The same numbers for the same seed (mulberry32), 0 to 1. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of each kind, with its measures. */
export function anyFault(roll: () => number): Fault {
  const faults: Fault[] = [
    { kind: 'delay', ms: 50 + Math.floor(roll() * 250) },
    { kind: 'slow', rate: 2_000 + Math.floor(roll() * 20_000) },
    { kind: 'half-close' },
    { kind: 'reset', after: Math.floor(roll() * 600) },
    { kind: 'swallow' },
    { kind: 'blackhole' },
    { kind: 'bad-gateway' },
    { kind: 'refuse' },
  ];
  return faults[Math.floor(roll() * faults.length)]!;
}

export class Line {
  fault: Fault = CALM;
  /** How often each kind of fault really met something. */
  readonly met = new Map<Fault['kind'], number>();

  readonly #desk: number;
  readonly #server = net.createServer({ allowHalfOpen: true }, client => this.#accept(client));
  /** Every connection to it, also those that carry nothing yet: the server only closes when none is left. */
  readonly #clients = new Set<net.Socket>();
  readonly #wires = new Set<Wire>();
  readonly #waiting: (() => void)[] = [];

  private constructor(desk: number) {
    this.#desk = desk;
  }

  static async open(desk: number): Promise<Line> {
    const line = new Line(desk);
    await new Promise<void>(done => line.#server.listen(0, '127.0.0.1', done));
    return line;
  }

  /** Streams of events that are open through it at this moment. */
  get streams(): number {
    return [...this.#wires].filter(wire => wire.streams && !wire.lost).length;
  }

  get #port() {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** For `browser.newContext({ proxy })`. */
  get proxy() {
    return { server: `socks5://127.0.0.1:${this.#port}` };
  }

  /** For a program. */
  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on. Connections that can be of no use any more end at once. */
  set(fault: Fault) {
    this.fault = fault;
    for (const wire of this.#wires) if (wire.spoiled || fault.kind === 'refuse' || fault.kind === 'bad-gateway') wire.reset();
    this.#waiting.splice(0).forEach(go => go());
  }

  heal() {
    this.set(CALM);
  }

  /** The connections that are open now carry nothing any more, and nobody is told: another network, or a NAT that forgot. */
  forget() {
    for (const wire of this.#wires) wire.lost = true;
  }

  async close() {
    this.heal();
    for (const wire of this.#wires) wire.reset();
    const closed = new Promise(done => this.#server.close(done));
    for (const client of this.#clients) client.destroy();
    await closed;
  }

  meet() {
    this.met.set(this.fault.kind, (this.met.get(this.fault.kind) ?? 0) + 1);
  }

  changed() {
    return new Promise<void>(done => this.#waiting.push(done));
  }

  #accept(client: net.Socket) {
    client.on('error', () => {});
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    client.once('data', first => {
      client.pause();
      if (first[0] !== 5) return this.#connect(client, this.#desk, first);
      client.write(Buffer.from([5, 0]));
      client.once('data', asked => {
        client.pause();
        this.#connect(client, asked.readUInt16BE(asked.length - 2), undefined);
      });
      client.resume();
    });
  }

  /** With what a program said already; to a SOCKS client it says that it is connected. */
  #connect(client: net.Socket, port: number, said: Buffer | undefined) {
    const ours = port === this.#desk;
    if (ours && this.fault.kind === 'refuse') {
      this.meet();
      client.destroy();
      return;
    }
    const far = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    far.on('error', () => client.destroy());
    far.once('connect', () => {
      if (said) client.unshift(said);
      else client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]));
      if (!ours) {
        client.pipe(far).pipe(client);
        return;
      }
      const wire = new Wire(this, client, far);
      this.#wires.add(wire);
      client.once('close', () => {
        this.#wires.delete(wire);
        far.destroy();
      });
    });
  }
}

/** One connection to the desk. */
class Wire {
  /** Bytes of it are missing, so it ends with the fault. */
  spoiled = false;
  lost = false;
  /** What was asked last on it is a stream of events. */
  streams = false;
  readonly #line: Line;
  readonly #client: net.Socket;
  readonly #far: net.Socket;
  #answered = 0;

  constructor(line: Line, client: net.Socket, far: net.Socket) {
    this.#line = line;
    this.#client = client;
    this.#far = far;
    void this.#carry(client, far, part => this.#up(part));
    void this.#carry(far, client, part => this.#down(part));
  }

  reset() {
    this.#client.resetAndDestroy();
    this.#far.destroy();
  }

  /** Piece by piece, in order, until one side ends or a fault ends it. */
  async #carry(from: net.Socket, to: net.Socket, pass: (part: Buffer) => Promise<void>) {
    try {
      for await (const part of from) await pass(part as Buffer);
      while (this.#line.fault.kind === 'blackhole') await this.#line.changed();
      to.end();
    } catch {
      to.destroy();
    }
  }

  async #up(part: Buffer): Promise<void> {
    if (this.lost) return;
    const head = part.toString('latin1');
    if (/^(GET|POST|PATCH|PUT|DELETE|HEAD|OPTIONS) /.test(head)) this.streams = head.startsWith('GET /api/v1/events?') && /\r\naccept: text\/event-stream/i.test(head);
    if (await this.#late(part, this.#far)) return;
    if (this.#line.fault.kind === 'bad-gateway') {
      this.#line.meet();
      this.#client.end(BAD_GATEWAY);
      this.#far.destroy();
      return;
    }
    this.#far.write(part);
  }

  async #down(part: Buffer): Promise<void> {
    if (this.lost) return;
    if (await this.#late(part, this.#client)) return;
    const { fault } = this.#line;
    switch (fault.kind) {
      case 'swallow':
        this.#line.meet();
        this.spoiled = true;
        return;
      case 'half-close':
        this.#line.meet();
        this.spoiled = true;
        if (!this.#client.writableEnded) this.#client.end(part.subarray(0, part.length >> 1));
        return;
      case 'reset': {
        const left = Math.max(0, fault.after - this.#answered);
        this.#answered += part.length;
        if (part.length <= left) break;
        this.#line.meet();
        // A reset throws away what was not read yet, so the piece gets a moment.
        if (left > 0) this.#client.write(part.subarray(0, left));
        await sleep(5);
        this.reset();
        return;
      }
      default:
    }
    if (this.#client.writable) this.#client.write(part);
  }

  /** What holds a piece back. `true` if it has been written. */
  async #late(part: Buffer, to: net.Socket): Promise<boolean> {
    if (this.#line.fault.kind !== 'calm' && ['blackhole', 'delay', 'slow'].includes(this.#line.fault.kind)) this.#line.meet();
    while (this.#line.fault.kind === 'blackhole') await this.#line.changed();
    if (this.#line.fault.kind === 'delay') await sleep(this.#line.fault.ms);
    let at = 0;
    while (this.#line.fault.kind === 'slow' && at < part.length) {
      const piece = part.subarray(at, at + 512);
      at += piece.length;
      if (to.writable) to.write(piece);
      await sleep((piece.length / this.#line.fault.rate) * 1000);
    }
    if (at === 0) return false;
    if (at < part.length && to.writable) to.write(part.subarray(at));
    return true;
  }
}
