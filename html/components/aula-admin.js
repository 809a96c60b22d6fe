// SPDX-License-Identifier: Apache-2.0
/** What runs on this server: its rooms and who is in them for everybody who may list rooms; for holders of
 * `server.admin` all that the Admin API knows, and drain and reload. The page has no secret: it asks in its session. */

import { css, html, nothing } from 'lit';

import { AulaError } from '../lib/errors.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import { Keeper, demoToken, loadConfig, open } from './entry.js';
import { POINTS } from './aula-node.js';
import './aula-confirm.js';
import './aula-demo.js';

/** @typedef {import('../lib/session.js').Session} Session */
/** @typedef {import('../lib/handle.js').Handle} Handle */

const REFRESH_MS = 5000;
const PAGE = 50;
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
/** Of what `info` says, what an administrator looks for, in this order. */
const TOLD = ['name', 'version_string', 'server-name', 'commit-hash', 'compile-time', 'local-ip', 'public-ip', 'ice-lite', 'ice-tcp',
  'ipv6', 'session-timeout', 'reclaim-session-timeout', 'accepting-new-sessions', 'sessions', 'handles', 'peers'];
const KINDS = ['plugins', 'transports', 'events'];

export class AulaAdmin extends AulaElement {
  static properties = { config: { state: true }, info: { state: true }, rooms: { state: true }, chosen: { state: true },
    people: { state: true }, picture: { state: true }, said: { state: true }, total: { state: true }, page: { state: true }, error: { state: true }, busy: { state: true },
    asOf: { state: true }, connected: { state: true } };

  static styles = [shared, css`
    :host { display: grid; grid-template-rows: auto auto 1fr; min-block-size: 100dvh; }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-3); padding: var(--gap-3) var(--gap-4); }
    h1 { flex: 1; font-size: var(--size-large); }
    main { display: grid; gap: var(--gap-4); align-content: start; inline-size: min(76rem, 100%); margin-inline: auto; padding: var(--gap-2) var(--gap-4) var(--gap-6);
      grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
    section { display: grid; gap: var(--gap-3); align-content: start; padding: var(--gap-5); border: 1px solid var(--line); border-radius: var(--round-large);
      background: var(--surface); min-inline-size: 0; }
    @media (max-width: 40rem) { section { padding: var(--gap-4); } header .hint { display: none; } }
    section.wide, .wide { grid-column: 1 / -1; }
    h2 { font-size: var(--size-large); }
    dl { display: grid; grid-template-columns: auto 1fr; gap: var(--gap-1) var(--gap-4); }
    dt { color: var(--ink-soft); }
    dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .table { overflow-x: auto; }
    table { inline-size: 100%; border-collapse: collapse; text-align: start; }
    th, td { padding: var(--gap-2) var(--gap-3); border-block-end: 1px solid var(--line); text-align: start; }
    th { color: var(--ink-soft); font-size: var(--size-small); font-weight: 600; }
    td.number { font-variant-numeric: tabular-nums; }
    tr[aria-current] { background: var(--accent-soft); }
    form { display: grid; gap: var(--gap-3); inline-size: min(28rem, 100%); margin: var(--gap-5) auto; padding: var(--gap-5); border: 1px solid var(--line);
      border-radius: var(--round-large); background: var(--surface); }
    .stack { gap: 0; }
    h1 { min-inline-size: 8rem; }
    .worst { color: var(--danger-ink); font-weight: 700; }
    meter { inline-size: 5rem; }
    nav { display: flex; align-items: center; gap: var(--gap-3); }
  `];

  constructor() {
    super();
    /** @type {import('./entry.js').Config | null} */
    this.config = null;
    /** @type {Record<string, any> | null} */
    this.info = null;
    /** Null until they are known. @type {any[] | null} */
    this.rooms = null;
    /** The room whose people are shown. @type {number | string} */
    this.chosen = '';
    /** @type {any[]} */
    this.people = [];
    /** What the Admin API says; null: this token may not ask it. @type {import('./aula-node.js').Picture | null} */
    this.picture = null;
    /** What came of a reload or drain. */
    this.said = '';
    this.cpu = { seconds: 0, at: 0 };
    /** Beginnings of the pages of members that were turned to. @type {number[]} */
    this.cursors = [0];
    this.total = 0;
    this.page = 0;
    this.error = '';
    this.busy = false;
    /** @type {Date | null} */
    this.asOf = null;
    this.connected = false;
    /** @type {Session | null} */
    this.session = null;
    /** @type {Handle | null} */
    this.classroom = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.keeper = new Keeper('admin');
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    void this.#begin();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    void this.session?.close();
  }

  async #begin() {
    this.config = await loadConfig().catch(() => ({ demo: false }));
    const ticket = this.keeper.take();
    if (ticket) await this.#connect(ticket.token);
    else if (this.config?.demo) await this.#connect('');
  }

  /** @param {string} given empty in demo mode */
  async #connect(given) {
    this.busy = true;
    this.error = '';
    try {
      const token = given || (await demoToken('admin', t('people.admin'))).token;
      this.session = await open(token);
      this.session.on('renewed', () => void this.#attach().catch(error => this.#failed(error)));
      this.session.on('closed', error => error && this.#failed(error));
      await this.#attach();
      this.keeper.keep({ token, inside: true });
      this.connected = true;
      clearInterval(this.timer);
      this.timer = setInterval(() => document.visibilityState === 'visible' && void this.#refresh(), REFRESH_MS);
      await this.#refresh();
    } catch (error) {
      this.keeper.drop();
      this.#failed(error);
      await this.session?.close();
    }
    this.busy = false;
  }

  async #attach() {
    this.classroom = await /** @type {Session} */ (this.session).attach('aula.plugin.classroom');
  }

  /** @param {unknown} error */
  #failed(error) {
    this.error = explain(error);
    this.connected = this.session?.state === 'open';
    if (!this.connected) clearInterval(this.timer);
  }

  async #refresh() {
    const { session, classroom } = this;
    if (!session || !classroom || session.state !== 'open') return;
    try {
      this.info = await session.info();
      this.picture = await this.#look();
      const rooms = (await classroom.request({ request: 'list' })).data.list ?? [];
      this.rooms = rooms;
      if (!rooms.some((/** @type {any} */ { room }) => room === this.chosen)) this.chosen = rooms.length === 1 ? rooms[0].room : '';
      await this.#count();
      this.asOf = new Date();
      this.error = '';
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * A verb of the Admin API, by the capability `server.admin`.
   * @param {string} janus
   * @param {Record<string, unknown>} [more]
   */
  async #ask(janus, more) {
    return (await /** @type {Session} */ (this.session).request({ janus: 'admin', request: { janus, ...more } })).data;
  }

  async #look() {
    try {
      const [{ node }, { limits, recent: hits }, { modules }, { events }, { lines: log }] = await Promise.all([this.#ask('status'),
        this.#ask('limits'), this.#ask('modules'), this.#ask('events', { most: 50 }), this.#ask('logs', { lines: 200 })]);
      return { node, lines: this.#lengthen(node), limits, hits, modules, events, log };
    } catch (error) {
      if (error instanceof AulaError && ['unauthorized', 'unknown'].includes(error.word)) return null;
      throw error;
    }
  }

  /** @param {any} node */
  #lengthen(node) {
    const before = this.picture?.lines ?? { cpu: [], memory: [], sessions: [], peers: [] };
    const now = performance.now() / 1000, { seconds, at } = this.cpu;
    const cpu = at ? Math.max(0, 100 * (node.cpu_s - seconds) / (now - at)) : 0;
    this.cpu = { seconds: node.cpu_s, at: now };
    const add = (/** @type {number[]} */ line, /** @type {number} */ value) => [...line, value].slice(-POINTS);
    return { cpu: at ? add(before.cpu, cpu) : [], memory: add(before.memory, node.memory_bytes),
      sessions: add(before.sessions, node.now.sessions), peers: add(before.peers, node.now.peers) };
  }

  async #reload() {
    await this.#act(async () => {
      const { applied, restart } = await this.#ask('reload');
      return [applied.length ? t('admin.reload.applied', { names: applied.join(', ') }) : t('admin.reload.nothing'),
        restart.length ? t('admin.reload.restart', { names: restart.join(', ') }) : ''].join(' ');
    }, { title: t('admin.reload'), text: t('admin.reload.text'), go: t('admin.reload') });
  }

  async #drain() {
    await this.#act(async () => {
      const { wait_s: wait, sessions } = await this.#ask('drain');
      return t('admin.drain.done', { sessions, wait });
    }, { title: t('admin.drain'), text: t('admin.drain.text'), go: t('admin.drain') });
  }

  /**
   * @param {() => Promise<string>} act
   * @param {import('./aula-confirm.js').Question} question
   */
  async #act(act, question) {
    const confirm = /** @type {import('./aula-confirm.js').AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
    if (!await confirm.ask(question)) return;
    try {
      this.said = await act();
      await this.#refresh();
    } catch (error) {
      // Here the server's own sentence is the news: file, line and key.
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  async #members() {
    const cursor = this.cursors[this.page] ?? 0;
    const { members, total, next } = await this.#ask('members', { room: this.chosen, most: PAGE, cursor });
    this.people = members;
    this.total = total;
    if (next) this.cursors[this.page + 1] = next;
  }

  async #count() {
    if (this.chosen === '') return;
    if (this.picture) {
      await this.#members();
      return;
    }
    const { data } = await /** @type {Handle} */ (this.classroom).request(
      { request: 'listparticipants', room: this.chosen, offset: this.page * PAGE, limit: PAGE });
    this.people = data.participants ?? [];
    this.total = data.total ?? this.people.length;
  }

  /** @override */
  render() {
    return html`
      ${this.config?.demo ? html`<aula-demo></aula-demo>` : html`<span></span>`}
      <header><a href="/" aria-label=${t('class.home')}>${logo}</a><h1>${t('admin.title')}</h1>
        ${this.asOf ? html`<p class="hint">${t('admin.updated', { time: TIME.format(this.asOf) })}</p>` : nothing}
        ${this.picture ? html`<button type="button" @click=${this.#reload}>${t('admin.reload')}</button>
          <button class="danger" type="button" ?disabled=${this.picture.node.draining} @click=${this.#drain}>${t('admin.drain')}</button>` : nothing}
        ${this.connected ? html`<button class="round" type="button" aria-label=${t('admin.refresh')} title=${t('admin.refresh')}
          @click=${this.#refresh}>${icon('refresh')}</button>` : nothing}</header>
      <main>
        <div class="wide stack"><div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
          <p role="status">${this.said}</p></div>
        ${this.connected ? html`${this.#roomsView()} ${this.picture ? this.#qualityView() : this.#peopleView()}
          ${this.picture ? html`<aula-node .picture=${this.picture}></aula-node>`
    : this.info ? html`<p class="hint wide">${t('admin.less')}</p>${this.#serverView()} ${this.#modulesView()}` : nothing}` : this.#door()}
      </main><aula-confirm></aula-confirm>`;
  }

  #door() {
    if (!this.config || this.busy) return html`<p class="hint" role="status">${t('state.connecting')}</p>`;
    return html`<form @submit=${this.#submit}>
      ${this.config.demo ? nothing : html`<div class="field"><label for="token">${t('join.token')}</label>
        <textarea id="token" rows="4" autocomplete="off" spellcheck="false" required></textarea>
        <p class="hint">${t('join.token.hint')}</p></div>`}
      <button class="main">${t('admin.connect')}</button></form>`;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const field = /** @type {HTMLTextAreaElement | null} */ (this.renderRoot.querySelector('#token'));
    void this.#connect(field?.value.trim() ?? '');
  }

  #serverView() {
    const told = TOLD.filter(key => this.info?.[key] !== undefined);
    const show = (/** @type {any} */ value) => typeof value === 'boolean' ? t(value ? 'admin.yes' : 'admin.no') : String(value);
    return html`<section aria-labelledby="server"><h2 id="server">${t('admin.server')}</h2>
      <dl>${told.map(key => html`<dt>${key.replaceAll(/[-_]/g, ' ')}</dt><dd>${show(this.info?.[key])}</dd>`)}</dl></section>`;
  }

  #modulesView() {
    const modules = KINDS.flatMap(kind => Object.entries(this.info?.[kind] ?? {})
      .map(([name, about]) => ({ name, kind, version: String(about?.version_string ?? ''), text: String(about?.description ?? '') })));
    return html`<section aria-labelledby="modules"><h2 id="modules">${t('admin.modules')}</h2>
      <div class="table" tabindex="0" role="group" aria-labelledby="modules"><table><thead><tr><th scope="col">${t('admin.name')}</th><th scope="col">${t('admin.kind')}</th>
        <th scope="col">${t('admin.version')}</th></tr></thead>
      <tbody>${modules.map(({ name, kind, version, text }) => html`<tr><td title=${text}>${name}</td><td>${kind}</td><td>${version}</td></tr>`)}</tbody></table></div></section>`;
  }

  #roomsView() {
    if (!this.rooms) return html`<p class="hint" role="status">${t('state.connecting')}</p>`;
    return html`<section class="wide" aria-labelledby="rooms"><h2 id="rooms">${t('admin.rooms')}</h2>
      ${this.rooms.length ? html`<div class="table" tabindex="0" role="group" aria-labelledby="rooms"><table><thead><tr><th scope="col">${t('admin.room')}</th><th scope="col">${t('admin.description')}</th>
        <th scope="col">${t('admin.participants')}</th><th scope="col">${t('admin.publishers')}</th><th scope="col">${t('admin.actions')}</th></tr></thead>
      <tbody>${this.rooms.map(one => html`<tr aria-current=${one.room === this.chosen ? 'true' : nothing}>
        <td>${one.room}</td><td>${one.description}</td><td class="number">${one.num_participants}</td><td class="number">${one.max_publishers}</td>
        <td><button class="round" type="button" aria-label=${t('admin.show', { room: String(one.room) })} title=${t('admin.show', { room: String(one.room) })}
          @click=${() => this.#choose(one.room)}>${icon('people')}</button></td></tr>`)}</tbody></table></div>`
    : html`<p class="hint">${t('admin.none')}</p>`}</section>`;
  }

  #peopleView() {
    if (this.chosen === '') return nothing;
    const pages = Math.max(1, Math.ceil(this.total / PAGE));
    return html`<section class="wide" aria-labelledby="people"><h2 id="people">${t('admin.people', { room: String(this.chosen) })}
        <span class="chip">${t('people.count', { n: this.total })}</span></h2>
      ${this.people.length ? html`<div class="table" tabindex="0" role="group" aria-labelledby="people"><table><thead><tr><th scope="col">${t('admin.name')}</th><th scope="col">${t('admin.role')}</th>
        <th scope="col">${t('admin.publishing')}</th></tr></thead>
      <tbody>${this.people.map(({ id, display, role, streams = [] }) => html`<tr><td>${display || id}</td><td>${role ?? ''}</td>
        <td>${streams.map((/** @type {any} */ one) => one.description || one.type).join(', ') || t('admin.no')}</td></tr>`)}</tbody></table></div>`
    : html`<p class="hint">${t('admin.people.none')}</p>`}
      ${this.#pagesView(pages)}</section>`;
  }

  /** How well each person of the room is served, by the worst of their connections. */
  #qualityView() {
    if (this.chosen === '') return nothing;
    const pages = Math.max(1, Math.ceil(this.total / PAGE));
    return html`<section class="wide" aria-labelledby="people"><h2 id="people">${t('admin.people', { room: String(this.chosen) })}
        <span class="chip">${t('people.count', { n: this.total })}</span></h2>
      ${this.people.length ? html`<div class="table" tabindex="0" role="group" aria-labelledby="people"><table><thead><tr><th scope="col">${t('admin.name')}</th>
        <th scope="col">${t('admin.role')}</th><th scope="col">${t('admin.quality')}</th><th scope="col">${t('admin.rtt')}</th><th scope="col">${t('admin.loss')}</th>
        <th scope="col">${t('admin.sends')}</th><th scope="col">${t('admin.receives')}</th></tr></thead>
      <tbody>${this.people.map(one => this.#personView(one))}</tbody></table></div>` : html`<p class="hint">${t('admin.people.none')}</p>`}
      ${this.#pagesView(pages)}</section>`;
  }

  /** @param {any} one a member, as the verb `members` tells it */
  #personView({ id, display, role, quality, handles }) {
    const lines = handles.map((/** @type {any} */ handle) => handle.statistics).filter(Boolean);
    const most = (/** @type {(line: any) => number} */ of) => lines.length ? Math.max(...lines.map(of)) : 0;
    const sum = (/** @type {(line: any) => number} */ of) => lines.reduce((/** @type {number} */ all, /** @type {any} */ line) => all + of(line), 0);
    const kbps = (/** @type {number} */ bps) => `${Math.round(bps / 1000)} kbit/s`;
    return html`<tr><td>${display || id}</td><td>${role ?? ''}</td>
      <td class="number">${quality === undefined ? '–' : html`<span class=${quality < 60 ? 'worst' : ''}>${quality}</span>
        <meter min="0" max="100" low="60" high="85" optimum="100" value=${quality} aria-label=${t('admin.quality.of', { quality })}></meter>`}</td>
      <td class="number">${lines.length ? `${Math.round(most(line => line.rtt_ms))} ms` : '–'}</td>
      <td class="number">${lines.length ? `${(100 * most(line => Math.max(line.in.loss, line.out.loss))).toFixed(1)} %` : '–'}</td>
      <td class="number">${lines.length ? kbps(sum(line => line.in.bps)) : '–'}</td>
      <td class="number">${lines.length ? kbps(sum(line => line.out.bps)) : '–'}</td></tr>`;
  }

  /** @param {number} pages */
  #pagesView(pages) {
    return html`${pages > 1 ? html`<nav aria-label=${t('people.page', { page: this.page + 1, pages })}>
        <button class="round" type="button" aria-label=${t('people.previous')} ?disabled=${this.page === 0} @click=${() => this.#turn(-1)}>${icon('previous')}</button>
        <span>${t('people.page', { page: this.page + 1, pages })}</span>
        <button class="round" type="button" aria-label=${t('people.next')} ?disabled=${this.page >= pages - 1} @click=${() => this.#turn(1)}>${icon('next')}</button></nav>` : nothing}`;
  }

  /** @param {number | string} room */
  #choose(room) {
    this.chosen = room;
    this.page = 0;
    this.cursors = [0];
    void this.#refresh();
  }

  /** @param {number} by */
  #turn(by) {
    this.page += by;
    void this.#refresh();
  }
}
customElements.define('aula-admin', AulaAdmin);
