// One real Deskbell: the release binary as a process of its own, with a fresh database, spoken to over REST.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, expect } from '@playwright/test';
import { freePort, until } from './net.ts';

export type Database = 'sqlite' | 'postgres';
export type Role = 'agent' | 'supervisor' | 'admin';

export const BINARY =
  process.env.DESKBELL_BIN ??
  path.join(process.env.CARGO_TARGET_DIR ?? path.join(homedir(), '.cache/deskbell/target'), 'release/deskbell');

export type Message = {
  id: string;
  seq: number;
  kind: 'text' | 'file' | 'note' | 'event';
  body: string;
  author: { kind: 'contact' | 'agent' | 'bot' | 'system'; id: string; name: string };
};

export type Conversation = {
  id: string;
  status: 'waiting' | 'active' | 'snoozed' | 'closed';
  contact: { id: string; name: string | null; email: string | null };
  assignee: { id: string; name: string } | null;
  unread_count: number;
};

export type Widget = { id: string; name: string; enabled: boolean; domains: string[]; policy: string; snippet: string };

export type Answer<T = unknown> = { status: number; headers: Headers; text: string; body: T };

/** REST as one person, or as nobody. */
export class Api {
  readonly url: string;
  readonly token: string | undefined;

  constructor(url: string, token?: string) {
    this.url = url;
    this.token = token;
  }

  async ask<T = unknown>(method: string, where: string, body?: unknown): Promise<Answer<T>> {
    const answer = await fetch(`${this.url}/api/v1${where}`, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.includes('json') && text !== '';
    return { status: answer.status, headers: answer.headers, text, body: (json ? JSON.parse(text) : undefined) as T };
  }

  /** The same, and it has to succeed. */
  async call<T = unknown>(method: string, where: string, body?: unknown): Promise<T> {
    const answer = await this.ask<T>(method, where, body);
    if (answer.status >= 300) throw new Error(`${method} ${where} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  get = <T = unknown>(where: string) => this.call<T>('GET', where);
  post = <T = unknown>(where: string, body: unknown = {}) => this.call<T>('POST', where, body);
  patch = <T = unknown>(where: string, body: unknown) => this.call<T>('PATCH', where, body);

  /** Every item of a list, over all its pages. */
  async all<T>(where: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const query: string = (where.includes('?') ? '&' : '?') + 'limit=100' + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : '');
      const page: { items: T[]; next_cursor: string | null } = await this.get(where + query);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  }

  conversations = (query = '') => this.all<Conversation>(`/conversations${query}`);

  /** The whole thread, oldest first. */
  async messages(id: string): Promise<Message[]> {
    const thread: Message[] = [];
    for (;;) {
      const after = thread.at(-1)?.seq;
      const { items } = await this.get<{ items: Message[] }>(`/conversations/${id}/messages?limit=100${after ? `&after=${after}` : ''}`);
      thread.push(...items);
      if (items.length < 100) return thread;
    }
  }

  /** What people wrote, oldest first: no notes, no event lines. */
  async texts(id: string): Promise<string[]> {
    return (await this.messages(id)).filter(m => m.kind === 'text').map(m => m.body);
  }

  say = (id: string, body: string) => this.post<Message>(`/conversations/${id}/messages`, { client_id: randomUUID(), body });
}

export type Login = { email: string; password: string; name: string; role: Role };

function command(file: string, args: string[], input = '', env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(file, args, { env, timeout: 30_000 }, (error, stdout, stderr) =>
      error ? fail(new Error(`${path.basename(file)} ${args.join(' ')} failed: ${error.message}\n${stdout}${stderr}`)) : done(stdout),
    );
    child.stdin?.end(input);
  });
}

async function postgres(sql: string): Promise<string> {
  const url = process.env.DESKBELL_TEST_POSTGRES;
  if (!url) throw new Error('DESKBELL_TEST_POSTGRES is not set: run these tests by bin/test, or name a PostgreSQL that they may create databases in');
  return command('psql', [url, '--no-psqlrc', '-AtqX', '-v', 'ON_ERROR_STOP=1', '-c', sql]);
}

export class Desk {
  /** What the binary printed, over all its starts. */
  log = '';
  readonly database: Database;
  readonly port: number;
  /** The address that its people's browsers use. */
  readonly publicUrl: string;
  readonly #args: string[];
  readonly #folder: string;
  readonly #schema: string | undefined;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #gone: Promise<number | NodeJS.Signals> | undefined;

  private constructor(database: Database, port: number, folder: string, schema: string | undefined, more: string[], name: string) {
    this.database = database;
    this.port = port;
    this.publicUrl = `http://${name}:${port}`;
    this.#folder = folder;
    this.#schema = schema;
    // Nothing of this machine's own settings may reach it.
    this.#env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(DESKBELL|LEPTOS|CARGO)_/.test(name)));
    this.#args = ['--listen', `127.0.0.1:${port}`, '--public-url', this.publicUrl, ...this.#where(), ...more];
  }

  /** Starts one; with `more` as further options of `serve`, and under another name than the machine's own. */
  static async open(database: Database, more: string[] = [], name = 'localhost'): Promise<Desk> {
    if (!existsSync(BINARY)) throw new Error(`there is no release binary at ${BINARY}: run bin/test browser`);
    const folder = await mkdtemp(path.join(tmpdir(), 'deskbell-desk-'));
    let schema: string | undefined;
    if (database === 'postgres') {
      schema = `desk_${randomUUID().replaceAll('-', '')}`;
      await postgres(`create database ${schema}`);
    }
    const desk = new Desk(database, await freePort(), folder, schema, more, name);
    await desk.start();
    return desk;
  }

  get url() {
    return `http://localhost:${this.port}`;
  }

  get api() {
    return new Api(this.url);
  }

  #where(): string[] {
    const where = ['--data', path.join(this.#folder, 'data')];
    if (this.#schema) {
      const url = new URL(process.env.DESKBELL_TEST_POSTGRES ?? '');
      url.pathname = `/${this.#schema}`;
      where.push('--database', url.href);
    }
    return where;
  }

  get running() {
    return this.#child !== undefined;
  }

  async start() {
    if (this.#child) throw new Error('it runs already');
    const child = spawn(BINARY, ['serve', ...this.#args], { cwd: this.#folder, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const hear = (part: Buffer) => { this.log += part.toString(); };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    this.#gone = new Promise(done => {
      child.once('error', error => { this.log += `\n${error}\n`; done(-1); });
      child.once('exit', (code, signal) => { this.#child = undefined; done(code ?? signal ?? -1); });
    });
    await until(
      'the desk to be ready',
      async () => {
        if (!this.#child) return 'ended';
        return (await fetch(`${this.url}/api/v1/health/ready`, { signal: AbortSignal.timeout(2_000) })).status === 200;
      },
      20_000,
    ).catch(error => {
      throw new Error(`${error}\nIt printed:\n${this.log}`);
    });
    if (!this.#child) throw new Error(`the desk ended at its start:\n${this.log}`);
  }

  /** As a power cut does it. */
  async kill9() {
    if (!this.#child) throw new Error('it is not running');
    this.#child.kill('SIGKILL');
    expect(await this.#gone, 'it was really killed').toBe('SIGKILL');
    await expect(fetch(`${this.url}/api/v1/health`), 'and nobody answers').rejects.toThrow();
  }

  /** As systemd does it: it must end by itself, in time and with 0. */
  async stop() {
    if (!this.#child) throw new Error('it is not running');
    const began = Date.now();
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), 15_000);
    const end = await this.#gone;
    clearTimeout(late);
    expect(end, `it stops cleanly when asked (took ${Date.now() - began} ms)`).toBe(0);
    expect(Date.now() - began, 'milliseconds until it stopped').toBeLessThanOrEqual(9_000);
  }

  async restart() {
    if (this.#child) await this.stop();
    await this.start();
  }

  /** Stops it if it still runs, and takes its database away. */
  async close() {
    try {
      if (this.#child) await this.stop();
    } finally {
      this.#child?.kill('SIGKILL');
      await rm(this.#folder, { recursive: true, force: true });
      if (this.#schema) await postgres(`drop database if exists ${this.#schema} with (force)`).catch(() => {});
    }
  }

  /** The one-time link that `serve` prints while there is no admin. */
  async setupLink(): Promise<string> {
    return until('a set-up link in what it printed', () => this.log.match(/https?:\/\/\S+\/setup\?token=[\w.~-]+/)?.[0]);
  }

  /** Another command of the binary, on the same database, beside the running server. */
  command(args: string[], input = '') {
    return command(BINARY, [...args, ...this.#where()], input, this.#env);
  }

  /** The first admin, by the command line. */
  async admin(name = 'Rosa Lind', email = 'rosa@shop.example'): Promise<Staff> {
    const login: Login = { name, email, password: `bell ${randomUUID()}`, role: 'admin' };
    await this.command(['admin', 'add', '--email', email, '--name', name], `${login.password}\n`);
    return this.signIn(login);
  }

  async signIn(login: Login): Promise<Staff> {
    const { token, agent } = await this.api.post<{ token: string; agent: { id: string } }>('/sessions', {
      email: login.email,
      password: login.password,
    });
    return { ...login, id: agent.id, api: new Api(this.url, token) };
  }

  /** Signs in by the sign-in page's form, without the page: these are the cookies that its answer sets. */
  seat = ({ email, password }: Pick<Login, 'email' | 'password'>) => this.#door('sign_in', { email, password });

  /** The same by the form of an invitation. */
  acceptInvitation(link: string, name: string, password: string) {
    return this.#door('accept', { token: new URL(link).searchParams.get('token') ?? '', name, password });
  }

  /** One of the forms by which staff get in, posted as a browser without scripts posts it. */
  async #door(door: string, fields: Record<string, string>): Promise<Cookies> {
    const answer = await fetch(`${this.url}/_fn/deskbell/desk/account/api/${door}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'text/html', origin: this.url },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status !== 303) throw new Error(`${door} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    return answer.headers.getSetCookie().map(cookie).filter(cookie => cookie.value !== '');
  }

  /** Somebody on the site who writes by program, for tests in which the widget is not the point. */
  async visitor(widget: Widget, who: { name?: string; email?: string } = {}): Promise<Api> {
    const { token } = await this.api.post<{ token: string }>(`/widgets/${widget.id}/visitors`, who);
    return new Api(this.url, token);
  }
}

type Cookies = Parameters<BrowserContext['addCookies']>[0];

/** A `Set-Cookie` as Playwright takes it; of this host alone, as all of ours are. */
function cookie(line: string): Cookies[number] {
  const [pair = '', ...rest] = line.split(';').map(part => part.trim());
  const is = new Map(rest.map(part => [part.split('=')[0]!.toLowerCase(), part.split('=')[1] ?? '']));
  const at = pair.indexOf('=');
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    domain: 'localhost',
    path: is.get('path') ?? '/',
    httpOnly: is.has('httponly'),
    secure: is.has('secure'),
    sameSite: is.get('samesite') as 'Strict' | 'Lax' | 'None',
    expires: Date.now() / 1_000 + Number(is.get('max-age')),
  };
}

/** Somebody who works here, with their REST. */
export type Staff = Login & { id: string; api: Api };

export async function createWidget(admin: Staff, domains: string[], more: Record<string, unknown> = {}): Promise<Widget> {
  return admin.api.post<Widget>('/widgets', { name: 'Shop', domains, ...more });
}

/** An invitation, as its link. */
export async function invite(admin: Staff, name: string, role: Role, email = `${name.toLowerCase().replace(/\W+/g, '.')}@shop.example`) {
  const answer = await admin.api.post<Record<string, unknown>>('/agents', { email, name, role });
  const link = JSON.stringify(answer).match(/https?:\/\/[^"\s]+token=[^"\s]+/)?.[0];
  if (!link) throw new Error(`the answer to an invitation has no link: ${JSON.stringify(answer)}`);
  return { link, email, name, role };
}

export async function open(conversation: Api, body: string): Promise<Conversation> {
  const { conversation: opened } = await conversation.post<{ conversation: Conversation }>('/conversations', { client_id: randomUUID(), body });
  return opened;
}
