// The queue of suspected issues: loads pages ahead, and holds back each verdict for some seconds so that it can be undone.
import { request } from "/static/app.js";

const PAGE = 30, AHEAD = 15, UNDO_MS = 5000, BULK = 200;

export class Queue extends EventTarget {
  items = []; // waiting issues, oldest first
  chosen = new Set(); // ids
  index = 0;
  #left = 0;
  #next = null;
  #loading = null;
  #pending = []; // verdicts that can still be undone, oldest first
  #running = 0; // issues whose verdict is under way

  constructor(filter) {
    super();
    this.filter = filter;
    addEventListener("pagehide", () => this.#pending.splice(0).forEach(verdict => this.#send(verdict, true)));
  }

  get current() { return this.items[this.index]; }
  get left() { return this.#left - this.#running - this.#pending.reduce((sum, verdict) => sum + verdict.issues.length, 0); }
  get hasMore() { return this.#next !== null; }
  get undoable() { return this.#pending.at(-1); }

  async start() {
    await this.send();
    [this.items, this.index, this.#next] = [[], 0, null];
    this.chosen.clear();
    await this.#load();
  }
  async more() {
    if (this.#next !== null) await (this.#loading ??= this.#load().finally(() => { this.#loading = null; }));
  }
  async #load() {
    const query = new URLSearchParams({ ...this.filter, limit: PAGE, ...(this.#next === null ? {} : { after: this.#next }) });
    const page = await request("GET", `/api/v1/review?${query}`);
    const held = new Set([...this.items, ...this.#pending.flatMap(verdict => verdict.issues)].map(issue => issue.id));
    this.items.push(...page.issues.filter(issue => !held.has(issue.id)));
    [this.#next, this.#left] = [page.next, page.left];
    this.#changed();
  }

  go(index) {
    if (index < 0 || index >= this.items.length) return;
    this.index = index;
    this.#changed();
  }
  choose(ids, isChosen) {
    for (const id of ids) if (isChosen) this.chosen.add(id); else this.chosen.delete(id);
    this.#changed();
  }

  /** Takes issues out of the queue at once; `post(issues, send)` is called when they can't be brought back any more. */
  decide(issues, text, post) {
    const places = issues.map(issue => this.items.indexOf(issue));
    const verdict = { issues, places, text, post };
    const shown = this.current;
    this.items = this.items.filter(issue => !issues.includes(issue));
    issues.forEach(issue => this.chosen.delete(issue.id));
    const stays = this.items.indexOf(shown);
    this.index = Math.max(0, Math.min(stays >= 0 ? stays : this.index, this.items.length - 1));
    verdict.timer = setTimeout(() => { this.#take(verdict); this.#send(verdict); }, UNDO_MS);
    this.#pending.push(verdict);
    this.#changed();
    if (this.items.length - this.index < AHEAD) this.more().catch(error => this.#failed(error.message));
  }
  undo() {
    const verdict = this.#pending.pop();
    if (!verdict) return;
    clearTimeout(verdict.timer);
    this.#bringBack(verdict.issues, verdict.places);
  }
  /** Sends what is held back, and waits for the answers. */
  async send() { await Promise.all(this.#pending.splice(0).map(verdict => this.#send(verdict))); }

  #take(verdict) { this.#pending = this.#pending.filter(other => other !== verdict); }
  async #send(verdict, isLeaving = false) {
    clearTimeout(verdict.timer);
    const { issues } = verdict;
    this.#running += issues.length;
    this.#changed();
    try {
      if (!isLeaving) await Promise.all(issues.map(issue => issue.saving));
      const failed = await verdict.post(issues, isLeaving ? leave : request);
      this.#left -= issues.length - failed.length;
      if (failed.length) this.#cameBack(verdict, failed.map(({ id }) => id), failed[0].message);
    } catch (error) {
      this.#cameBack(verdict, issues.map(({ id }) => id), error.message);
    } finally {
      this.#running -= issues.length;
      this.#changed();
    }
  }
  #cameBack({ issues, places }, ids, message) {
    const back = issues.filter(issue => ids.includes(issue.id));
    this.#bringBack(back, places.filter((_, i) => ids.includes(issues[i].id)));
    this.#failed(`#${ids[0]}${ids.length > 1 ? ` (+${ids.length - 1})` : ""} ${message}`);
  }
  #bringBack(issues, places) {
    issues.forEach((issue, i) => this.items.splice(Math.min(places[i], this.items.length), 0, issue));
    this.index = Math.max(0, this.items.indexOf(issues[0]));
    this.#changed();
  }
  #failed(message) { this.dispatchEvent(new CustomEvent("failed", { detail: message })); }
  #changed() { this.dispatchEvent(new Event("change")); }
}

/** Sends without waiting for an answer: the page is being left. */
function leave(method, url, body) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "X-CSRF-Token": token, "Content-Type": "application/json" };
  return fetch(url, { method, headers, body: JSON.stringify(body), keepalive: true }).then(() => ({ results: [] }));
}

/** Returns a verdict's sender: one request for one issue. */
export const single = (path, body) => async ([issue], send) => {
  await send("POST", `/api/v1/issues/${issue.id}/${path}`, body);
  return [];
};

/** Returns a verdict's sender for many issues; what failed comes back. */
export const bulk = body => async (issues, send) => {
  const failed = [];
  for (let start = 0; start < issues.length; start += BULK) {
    const ids = issues.slice(start, start + BULK).map(({ id }) => id);
    const { results } = await send("POST", "/api/v1/review/bulk", { ...body, ids });
    failed.push(...results.filter(({ ok }) => !ok));
  }
  return failed;
};
