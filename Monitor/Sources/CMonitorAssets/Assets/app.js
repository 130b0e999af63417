// The page: three views of the interface under /api/v1/. Names and reasons come from the network: they are only ever
// put into text nodes and attributes, never into markup.
"use strict";

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const order = { down: 0, loss: 1, slow: 2, waiting: 3, up: 4 };
const spans = [["10m", 600], ["1h", 3600], ["6h", 21600], ["24h", 86400], ["7d", 604800], ["30d", 2592000], ["1y", 31536000]];
const names = { "10m": "10 min", "1h": "1 h", "6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "1y": "1 y" };
let targets = new Map();
const rows = new Map();
let view = null;

// Making elements.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child != null));
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const bdi = (text) => element("bdi", {}, text);

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

const milliseconds = (value) =>
  value == null ? "–" : value >= 10000 ? (value / 1000).toFixed(1) + " s" : value >= 100 ? value.toFixed(0) + " ms"
    : value >= 10 ? value.toFixed(1) + " ms" : value >= 1 ? value.toFixed(2) + " ms" : value.toFixed(3) + " ms";
const percent = (value) => (value == null ? "–" : value === 0 ? "0 %" : value < 0.1 ? "< 0.1 %" : value.toFixed(1) + " %");

function time(text) {
  const date = new Date(text);
  return element("time", { datetime: text, title: text + " (UTC)" },
    date.toLocaleString([], { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
}

function duration(seconds) {
  const short = (value, unit) => Number(value.toFixed(value < 10 ? 1 : 0)) + " " + unit;
  if (seconds < 90) return short(seconds, "s");
  if (seconds < 5400) return short(seconds / 60, "min");
  if (seconds < 129600) return short(seconds / 3600, "h");
  return short(seconds / 86400, "d");
}

async function get(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).message || answer.statusText);
  return answer;
}

const getJSON = async (path) => (await get(path)).json();

// The overview.

function strip(target) {
  const svg = shape("svg", { class: "day", viewBox: "0 0 288 18", preserveAspectRatio: "none", role: "img" });
  const letters = target.strip;
  let start = 0;
  const known = [...letters].filter((letter) => letter !== ".");
  const bad = known.filter((letter) => letter > "0").length;
  const title = shape("title", {});
  title.textContent = known.length === 0 ? "No data yet"
    : `Last 24 hours: loss in ${bad} of ${known.length} parts of 10 minutes`;
  svg.append(title);
  // Neighbors with the same color are one shape.
  for (let index = 1; index <= letters.length; index++) {
    if (index < letters.length && letters[index] === letters[start]) continue;
    const name = letters[start] === "." ? "none" : letters[start];
    svg.append(shape("rect", { class: "cell-" + name, x: start * 2, y: 0, width: (index - start) * 2, height: 18 }));
    start = index;
  }
  return svg;
}

function row(target) {
  const cells = {
    state: element("td", {}, element("span", { class: "state" })), name: element("td", { class: "name" }),
    address: element("td", { class: "wide" }), loss: element("td", { class: "number", "data-label": "loss" }),
    p50: element("td", { class: "number", "data-label": "p50" }), p99: element("td", { class: "number", "data-label": "p99" }),
    last: element("td", { class: "number last", "data-label": "last" }), strip: element("td", { class: "strip" }),
  };
  cells.name.append(element("a", { href: "/target/" + target.id }, bdi(target.name)));
  for (const [key, value] of Object.entries(target.tags)) {
    cells.name.append(element("span", { class: "tag" }, bdi(key + "=" + value)));
  }
  return { line: element("tr", { "data-target": target.id }, ...Object.values(cells)), cells, strip: null };
}

function fill(entry, target) {
  const { cells } = entry;
  setState(cells.state.firstChild, target.state);
  put(cells.address, target.address ?? "");
  put(cells.loss, percent(target.recent.loss_percent));
  put(cells.p50, milliseconds(target.recent.p50_ms));
  put(cells.p99, milliseconds(target.recent.p99_ms));
  fillLast(cells.last, target);
  if (entry.strip !== target.strip) {
    entry.strip = target.strip;
    cells.strip.replaceChildren(strip(target));
  }
}

const fillLast = (cell, target) =>
  put(cell, target.last == null ? "–" : target.last.rtt_ms == null ? "no reply" : milliseconds(target.last.rtt_ms));

function setState(span, state) {
  if (span.dataset.state === state) return;
  if (span.dataset.state) span.closest("tr, h1")?.classList.add("changed");
  span.dataset.state = state;
  span.textContent = state;
}

function matches(target, words) {
  const text = [target.name, target.address ?? "", target.state, target.check,
    ...Object.entries(target.tags).map(([key, value]) => key + "=" + value)].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function sorted(list) {
  const key = byId("sort").value;
  const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
  const orders = {
    state: (a, b) => order[a.state] - order[b.state] || byName(a, b), name: byName,
    p99: (a, b) => (b.recent.p99_ms ?? -1) - (a.recent.p99_ms ?? -1) || byName(a, b),
    loss: (a, b) => (b.recent.loss_percent ?? -1) - (a.recent.loss_percent ?? -1) || byName(a, b),
  };
  return list.sort(orders[key] ?? orders.state);
}

function drawOverview() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = sorted([...targets.values()].filter((target) => matches(target, words)));
  const body = byId("targets").tBodies[0];
  const lines = shown.map((target) => {
    let entry = rows.get(target.id);
    if (!entry) rows.set(target.id, (entry = row(target)));
    fill(entry, target);
    return entry.line;
  });
  // Lines that stay in their places are not touched: the reader's focus stays too.
  if (lines.length !== body.children.length || lines.some((line, index) => body.children[index] !== line)) {
    body.replaceChildren(...lines);
  }
  put(byId("shown"), words.length ? `${shown.length} of ${targets.size}` : "");
  const empty = byId("empty");
  empty.hidden = shown.length > 0;
  empty.textContent = targets.size === 0 ? "No targets yet." : "No target matches the filter.";
}

function drawCounts() {
  const count = { up: 0, waiting: 0, problems: 0 };
  for (const target of targets.values()) count[target.state === "up" || target.state === "waiting" ? target.state : "problems"]++;
  const parts = [count.up + " up", count.problems + (count.problems === 1 ? " problem" : " problems")];
  if (count.waiting) parts.push(count.waiting + " waiting");
  put(byId("counts"), parts.join(" · "));
  document.title = (count.problems ? `(${count.problems}) ` : "") + "swift-net monitor";
}

async function loadTargets() {
  const answer = await getJSON("/api/v1/targets");
  for (const target of answer.targets) {
    const old = targets.get(target.id);
    if (old && (old.name !== target.name || JSON.stringify(old.tags) !== JSON.stringify(target.tags))) rows.delete(target.id);
  }
  targets = new Map(answer.targets.map((target) => [target.id, target]));
  byId("store").hidden = answer.store.state !== "failing";
  byId("store").textContent = "History is not being written: " + answer.store.message;
  drawCounts();
  if (view?.name === "overview") drawOverview();
  if (view?.name === "target") drawFacts();
}

// A target.

function drawFacts() {
  const target = targets.get(view.id);
  if (!target) {
    byId("target-name").textContent = targets.size ? "There is no such target." : "";
    return;
  }
  put(byId("target-name"), target.name);
  setState(byId("target-state"), target.state);
  const facts = [["Check", `${target.check}, every ${duration(target.interval_ms / 1000)}`]];
  if (target.target !== target.name) facts.push(["Target", bdi(target.target)]);
  if (target.address) facts.push(["Address", target.address]);
  if (target.since) facts.push(["Since", time(target.since)]);
  if (target.reason) facts.push(["Reason", bdi(target.reason)]);
  if (target.silent_until && Date.parse(target.silent_until) > Date.now()) facts.push(["Silent until", time(target.silent_until)]);
  if (target.behind) facts.push(["Behind", bdi(target.behind)]);
  const tags = Object.entries(target.tags).map(([key, value]) => `${key}=${value}`).join(", ");
  if (tags) facts.push(["Tags", bdi(tags)]);
  facts.push(["Last minutes", `${percent(target.recent.loss_percent)} lost, p50 ${milliseconds(target.recent.p50_ms)}, p99 ${milliseconds(target.recent.p99_ms)}`]);
  if (target.http?.status != null) facts.push(["Status", String(target.http.status)]);
  if (target.http?.certificate_end) facts.push(["Certificate ends", time(target.http.certificate_end)]);
  byId("facts").replaceChildren(...facts.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]));
  drawPhases(target.http);
}

function drawPhases(http) {
  const box = byId("phases");
  box.hidden = !http || http.first_byte_ms == null;
  if (box.hidden) return;
  const [dns, connect, tls] = [http.dns_ms ?? 0, http.connect_ms ?? 0, http.tls_ms ?? 0];
  const wait = Math.max(http.first_byte_ms - dns - connect - tls, 0);
  const parts = [["name", dns], ["connection", connect], ["TLS", tls], ["first byte", wait], ["rest", Math.max(http.total_ms - http.first_byte_ms, 0)]];
  const svg = shape("svg", { viewBox: "0 0 640 26", preserveAspectRatio: "none", "aria-hidden": "true" });
  let x = 0;
  parts.forEach(([, length], index) => {
    const width = (640 * length) / Math.max(http.total_ms, 0.001);
    svg.append(shape("rect", { class: "phase-" + index, x, y: 2, width, height: 22 }));
    x += width;
  });
  const text = parts.filter(([, length]) => length > 0).map(([name, length]) => `${name} ${milliseconds(length)}`).join(" · ");
  box.replaceChildren(svg, element("span", { class: "quiet" }, "Last response: " + text));
}

// What is shown: a span up to now, or from one time to another.
function range() {
  const query = new URLSearchParams(location.search);
  const from = Date.parse(query.get("from"));
  const to = Date.parse(query.get("to"));
  if (from && to && from < to) return { from: from / 1000, to: to / 1000, isLive: false };
  const span = spans.find(([name]) => name === query.get("span"))?.[1] ?? 21600;
  const now = Date.now() / 1000;
  return { from: now - span, to: now, span, isLive: true };
}

const iso = (seconds) => new Date(seconds * 1000).toISOString();

function show(from, to) {
  const now = Date.now() / 1000;
  const length = Math.min(Math.max(to - from, 10), 2 * 365 * 86400);
  to = Math.min(from + length, now + length / 4);
  go(`/target/${view.id}?from=${iso(to - length)}&to=${iso(to)}`);
}

let drawing = 0;
async function drawChart() {
  const { from, to, span, isLive } = range();
  const number = ++drawing;
  const box = byId("chart");
  for (const button of byId("spans").children) button.setAttribute("aria-pressed", String(isLive && Number(button.dataset.span) === span));
  const query = `target=${view.id}&from=${iso(from)}&to=${iso(to)}`;
  byId("csv").href = `/api/v1/series?${query}&format=csv`;
  const width = Math.max(Math.round(box.clientWidth), 300);
  const zone = -new Date().getTimezoneOffset() * 60;
  try {
    const [text, series, events] = await Promise.all([
      get(`/chart.svg?${query}&width=${width}&height=${width < 600 ? 240 : 320}&zone=${zone}`).then((answer) => answer.text()),
      getJSON(`/api/v1/series?${query}&points=300`), getJSON(`/api/v1/events?${query}&limit=200`),
    ]);
    if (number !== drawing) return;
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    box.replaceChildren(document.importNode(parsed, true));
    box.dataset.ready = String(number);
    byId("chart-empty").hidden = series.points.length > 0;
    const step = duration(series.step_ms / 1000);
    byId("range").replaceChildren(time(iso(from)), " to ", isLive ? "now" : time(iso(to)), `, in steps of ${step}`);
    drawNumbers(series);
    drawEvents(byId("target-events"), events.events, false);
  } catch (error) {
    if (number === drawing) box.replaceChildren(element("p", { class: "empty" }, "Cannot be shown: " + error.message));
  }
}

function drawNumbers(series) {
  const table = byId("numbers").querySelector("table");
  table.tHead.replaceChildren(element("tr", {}, ...series.columns.map((name) => element("th", { scope: "col" }, name.replace("_ms", " (ms)")))));
  table.tBodies[0].replaceChildren(...series.points.map((point) =>
    element("tr", {}, ...point.map((value, index) => element("td", {}, index === 0 ? time(value) : value == null ? "–" : String(value))))));
}

// Zoom by dragging.
function enableZoom() {
  const box = byId("chart");
  let start = null;
  let mark = null;
  const place = (event) => {
    const svg = box.querySelector("svg.chart");
    if (!svg) return null;
    const bounds = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / bounds.width;
    const data = { left: Number(svg.dataset.left), right: Number(svg.dataset.right), from: Number(svg.dataset.from), to: Number(svg.dataset.to) };
    const x = Math.min(Math.max((event.clientX - bounds.left) * scale, data.left), data.right);
    return { svg, x, seconds: data.from + ((x - data.left) / (data.right - data.left)) * (data.to - data.from) };
  };
  box.addEventListener("pointerdown", (event) => {
    start = event.button === 0 ? place(event) : null;
    if (!start) return;
    box.setPointerCapture(event.pointerId);
    const { top, bottom } = start.svg.dataset;
    mark = shape("rect", { class: "selection", x: start.x, y: top, width: 0, height: bottom - top });
    start.svg.append(mark);
  });
  box.addEventListener("pointermove", (event) => {
    const now = start && place(event);
    if (!now) return;
    mark.setAttribute("x", Math.min(start.x, now.x));
    mark.setAttribute("width", Math.abs(now.x - start.x));
  });
  const end = (event) => {
    const now = start && event.type === "pointerup" ? place(event) : null;
    if (now && Math.abs(now.x - start.x) > 5) show(Math.min(start.seconds, now.seconds), Math.max(start.seconds, now.seconds));
    mark?.remove();
    start = mark = null;
  };
  box.addEventListener("pointerup", end);
  box.addEventListener("pointercancel", end);
  box.addEventListener("keydown", (event) => {
    const { from, to } = range();
    const length = to - from;
    const moves = {
      ArrowLeft: [from - length / 4, to - length / 4], ArrowRight: [from + length / 4, to + length / 4],
      "+": [from + length / 4, to - length / 4], "=": [from + length / 4, to - length / 4], "-": [from - length / 2, to + length / 2],
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(...moves[event.key]);
  });
}

// Events.

function drawEvents(box, events, withNames) {
  if (events.length === 0) return box.replaceChildren(element("p", { class: "empty" }, "Nothing happened."));
  const lines = events.map((event) => {
    const start = Date.parse(event.start) / 1000;
    const end = event.end ? Date.parse(event.end) / 1000 : null;
    const lasts = ["down", "loss", "slow"].includes(event.kind);
    const link = `/target/${event.target}?from=${iso(start - 600)}&to=${iso((end ?? Date.now() / 1000) + 600)}`;
    const name = event.target == null ? "monitor" : element("a", { href: link }, bdi(event.name ?? "#" + event.target));
    const kind = element("span", { class: "state" }, event.kind.replaceAll("-", " "));
    if (lasts) kind.dataset.state = event.kind;
    return element("tr", { "data-event": event.id }, element("td", {}, time(event.start)), element("td", {}, kind),
      withNames ? element("td", { class: "name" }, name) : null,
      element("td", { class: "number" }, !lasts ? "" : end == null ? "lasts" : duration(end - start)),
      element("td", { class: "name" }, bdi(event.reason ?? "")));
  });
  box.replaceChildren(element("table", { class: "events" }, element("tbody", {}, ...lines)));
}

async function drawLog() {
  const { events } = await getJSON("/api/v1/events?limit=1000");
  const kinds = [...new Set(events.map((event) => event.kind))].sort();
  const select = byId("kind");
  const wanted = new URLSearchParams(location.search).get("kind") ?? "";
  select.replaceChildren(element("option", { value: "" }, "all"), ...kinds.map((kind) => element("option", { value: kind }, kind.replaceAll("-", " "))));
  select.value = wanted;
  drawEvents(byId("all-events"), events.filter((event) => !wanted || event.kind === wanted), true);
}

// The stream.

// Only while the page is seen: a browser has six connections to a server for all of its tabs.
let stream = null;

function listen() {
  stream?.close();
  stream = null;
  if (document.hidden) return;
  stream = new EventSource("/api/v1/stream");
  const setLive = (isLive) => {
    byId("live").dataset.state = isLive ? "on" : "off";
    put(byId("live"), isLive ? "live" : "not connected");
  };
  stream.addEventListener("open", () => setLive(true));
  stream.addEventListener("error", () => setLive(false));
  stream.addEventListener("status", (message) => {
    const data = JSON.parse(message.data);
    if (data.targets.length !== targets.size || data.targets.some(([id]) => !targets.has(id))) return void loadTargets();
    for (const [id, state, last, transmitted, received] of data.targets) {
      const target = targets.get(id);
      const isNew = target.transmitted !== transmitted;
      Object.assign(target, { transmitted, received });
      if (isNew) target.last = { rtt_ms: last };
      if (target.state !== state) target.state = state;
      const entry = view?.name === "overview" ? rows.get(id) : null;
      if (!entry) continue;
      setState(entry.cells.state.firstChild, state);
      fillLast(entry.cells.last, target);
    }
    drawCounts();
    if (view?.name === "target" && targets.has(view.id)) setState(byId("target-state"), targets.get(view.id).state);
  });
  stream.addEventListener("event", (message) => {
    const event = JSON.parse(message.data);
    if (event.target != null) put(byId("announce"), `${event.name}: ${event.end && ["down", "loss", "slow"].includes(event.kind) ? "no longer " : ""}${event.kind}`);
    loadTargets();
    if (view?.name === "events") drawLog();
    if (view?.name === "target" && event.target === view.id) drawChart();
  });
}

// Views and addresses.

function go(address) {
  history.pushState(null, "", address);
  route();
}

function route() {
  const path = location.pathname;
  const id = /^\/target\/(\d+)$/.exec(path)?.[1];
  const old = view;
  view = id ? { name: "target", id: Number(id) } : { name: path === "/events" ? "events" : "overview" };
  for (const name of ["overview", "target", "events"]) byId(name).hidden = view.name !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  if (view.name === "target") {
    if (old?.id !== view.id) {
      byId("target-state").removeAttribute("data-state");
      byId("chart").replaceChildren();
    }
    drawFacts();
    drawChart();
  } else if (view.name === "events") {
    drawLog();
  } else {
    const query = new URLSearchParams(location.search);
    if (document.activeElement !== byId("filter")) byId("filter").value = query.get("filter") ?? "";
    byId("sort").value = query.get("sort") ?? "state";
    drawOverview();
  }
  if (old && (old.name !== view.name || old.id !== view.id)) byId("main").focus();
}

function keepQuery() {
  const query = new URLSearchParams();
  if (byId("filter").value) query.set("filter", byId("filter").value);
  if (byId("sort").value !== "state") query.set("sort", byId("sort").value);
  history.replaceState(null, "", "/" + (query.size ? "?" + query : ""));
  drawOverview();
}

function refresh() {
  if (document.hidden) return;
  loadTargets().catch(() => {});
  if (view.name === "target" && range().isLive) drawChart();
}

function start() {
  byId("spans").append(...spans.map(([name, seconds]) => {
    const button = element("button", { type: "button", "data-span": seconds }, names[name]);
    button.addEventListener("click", () => go(`/target/${view.id}?span=${name}`));
    return button;
  }));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!link || !isPlain || link.origin !== location.origin || link.hasAttribute("download") || link.className === "skip") return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && view.name === "overview" && !/INPUT|SELECT/.test(document.activeElement.tagName)) {
      event.preventDefault();
      byId("filter").focus();
    } else if (event.key === "Escape" && document.activeElement === byId("filter")) {
      byId("filter").value = "";
      keepQuery();
    }
  });
  for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("input", keepQuery);
  byId("sort").addEventListener("change", keepQuery);
  byId("kind").addEventListener("change", () => go("/events" + (byId("kind").value ? "?kind=" + byId("kind").value : "")));
  window.addEventListener("popstate", route);
  let resizing;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => view.name === "target" && drawChart(), 200);
  });
  enableZoom();
  loadTargets().catch((error) => put(byId("counts"), error.message)).finally(() => {
    route();
    document.body.dataset.ready = "true";
  });
  listen();
  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) refresh();
  });
  window.addEventListener("pagehide", () => stream?.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
  setInterval(refresh, 10000);
}

start();
