/* What a reader has done, kept in this browser: ticks, "continue", import and export. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const all = window.TL_EXERCISES || {};  // page -> ids of its exercises
  const article = document.querySelector("article.bd-article");
  const up = (document.documentElement.dataset.content_root || "./");
  const here = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";

  /* Kept ----------------------------------------------------------------------------------- */
  const KEY = "tl-progress", PLACE = "tl-place", GIVEN = "tl-given";
  let lost = false;  // private windows may refuse to keep anything

  function kept(key) {
    try {
      const value = JSON.parse(localStorage.getItem(key));
      return value && typeof value === "object" && !Array.isArray(value) ? value : {};
    } catch { return {}; }
  }

  function keep(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { lost = true; }
  }

  const done = (entries, id) => Boolean(entries[id] && entries[id].done);
  const count = (entries, ids) => ids.filter((id) => done(entries, id)).length;

  /* The record has the form of the notebook's own: see tl_helpers/exercises/record.py. */
  function note(id, change, tries = 0, slip = null) {
    const entries = kept(KEY);
    const entry = { done: false, tries: 0, "solution seen": false, ...entries[id] };
    entry.tries += tries;
    if (slip !== null) entry.wrong = { ...entry.wrong, [slip]: (entry.wrong?.[slip] || 0) + 1 };
    entries[id] = { ...entry, ...change };
    keep(KEY, entries);
    show();
  }

  const give = (id, given) => keep(GIVEN, { ...kept(GIVEN), [id]: given });  // what stands in a form
  window.tlProgress = { note, give, given: (id) => kept(GIVEN)[id], entry: (id) => kept(KEY)[id] || {} };  // for ask.js

  /* A tick beside each exercise ------------------------------------------------------------- */
  if (!article || !Object.keys(all).length) return;
  const ticks = new Map();
  for (const cell of article.querySelectorAll("div.cell.tag_tl-exercise")) {
    const code = cell.querySelector(".cell_input pre");
    const asked = code && code.textContent.match(/lesson\.check\(\s*["']([\w-]+)["']/);
    if (!asked || !(all[here] || []).includes(asked[1])) continue;
    if (article.querySelector(`.tl-ask[data-id="${asked[1]}"]:not([data-what=code])`)) continue;  // its form says it
    const made = document.createElement("button");
    made.type = "button";
    made.className = "tl-small";
    made.addEventListener("click", () => note(asked[1], { done: !done(kept(KEY), asked[1]) }));
    const row = document.createElement("p");
    row.className = "tl-tick-row";
    row.append(made);
    cell.append(row);
    ticks.set(asked[1], made);
  }

  /* What is shown --------------------------------------------------------------------------- */
  function show() {
    const entries = kept(KEY);
    for (const [id, tick] of ticks) {
      const ready = done(entries, id);
      tick.textContent = ready ? "✓ Done" : "Mark as done";
      tick.classList.toggle("tl-ticked", ready);
      tick.title = ready ? "Press to take it back" : "The course keeps it in this browser";
    }
    for (const link of document.querySelectorAll("nav.bd-links a, .tl-station a")) {
      const name = (link.getAttribute("href") || "").split("#")[0].split("/").pop();
      const ids = all[(name || `${here}.html`).replace(/\.html$/, "")];
      link.parentNode.querySelector(":scope > .tl-count")?.remove();
      if (!ids || !ids.length) continue;
      const ready = count(entries, ids);
      if (!ready) continue;
      const mark = document.createElement("span");
      mark.className = "tl-count";
      mark.textContent = ready === ids.length ? "✓" : `${ready}/${ids.length}`;
      mark.title = `${ready} of ${ids.length} exercises done`;
      mark.setAttribute("aria-label", mark.title);
      mark.setAttribute("role", "img");
      link.after(mark);
    }
    panel(entries);
  }

  /* Where you stopped ----------------------------------------------------------------------- */
  if (all[here]) {
    const heads = [...article.querySelectorAll("section[id] > h2, section[id] > h3")];
    const seen = (head) => !head.checkVisibility || head.checkVisibility();  // what is folded is not
    const stopped = () => {
      const above = heads.filter((head) => seen(head) && head.getBoundingClientRect().top < innerHeight / 2);
      const head = above.pop();
      keep(PLACE, {
        page: here,
        title: document.querySelector("h1").firstChild.textContent.trim().split(": ")[0],
        section: head ? head.firstChild.textContent.trim() : "",
        id: head ? head.parentNode.id : "",
      });
    };
    addEventListener("pagehide", stopped);
    document.addEventListener("visibilitychange", () => document.hidden && stopped());
  }

  /* The panel on the first page and on the map ---------------------------------------------- */
  const box = ["index", "map"].includes(here) ? document.createElement("section") : null;
  const words = document.createElement("p"), said = document.createElement("p");
  if (box) {
    box.className = "tl-progress";
    box.setAttribute("aria-label", "Your progress");
    const row = document.createElement("p"), file = document.createElement("input");
    file.type = "file";
    file.accept = ".json,application/json";
    file.hidden = true;
    said.setAttribute("role", "status");
    const buttons = [["Import", () => file.click()], ["Export", write], ["Forget", forget]];
    for (const [text, act] of buttons) {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "tl-small";
      made.textContent = text;
      made.addEventListener("click", act);
      row.append(made, " ");
    }
    file.addEventListener("change", () => {
      if (file.files[0]) file.files[0].text().then(read, () => tell("The file cannot be read."));
      file.value = "";
    });
    box.append(words, row, file, said);
    (article.querySelector(".tl-buttons") || article.querySelector("h1")).after(box);
  }

  function tell(text) { said.textContent = text; }

  function panel(entries) {
    if (!box) return;
    const ids = Object.values(all).flat(), ready = count(entries, ids), place = kept(PLACE);
    const moved = (window.TL_MOVED || {})[place.page];  // a page that has another name now
    if (moved) Object.assign(place, { page: moved[0], section: "", id: "" });
    words.textContent = `Your progress, kept in this browser: ${ready} of ${ids.length} exercises. `;
    if (all[place.page]) {
      const link = document.createElement("a");
      link.href = `${up}${place.page}.html${place.id ? `#${place.id}` : ""}`;
      link.textContent = `Continue: ${place.title}${place.section ? `, ${place.section}` : ""}`;
      words.append(link);
    }
    if (lost) tell("This browser keeps nothing here: export before you close it.");
  }

  /* The file: progress.json of the notebooks, or what `tl progress --export` wrote ----------- */
  function read(text) {
    let given;
    try { given = JSON.parse(text); } catch { return tell("This is no progress file: it is not JSON."); }
    const found = given && given.format === "tl-progress-1" ? given.exercises : given;
    const known = new Set(Object.values(all).flat());
    const usable = Object.entries(found && typeof found === "object" ? found : {}).filter(
      ([id, entry]) => known.has(id) && entry && typeof entry === "object");
    if (!usable.length) return tell("This file has no exercise of this course; nothing was changed.");
    const entries = kept(KEY);
    for (const [id, { solution_seen: seen, ...entry }] of usable) {
      if (seen) entry["solution seen"] = true;  // as a file that is handed in says it
      const ready = Boolean(entry.done) || done(entries, id);
      const tries = Math.max(Number(entry.tries) || 0, Number(entries[id]?.tries) || 0);
      entries[id] = { "solution seen": false, ...entries[id], ...entry, tries, done: ready };
    }
    keep(KEY, entries);
    tell(`${usable.length} exercises read.`);
    show();
  }

  function write() {
    const text = JSON.stringify(kept(KEY), null, 1) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    tell("Written: progress.json. In a terminal: tl progress --import progress.json");
  }

  function forget() {
    if (!confirm("Forget which exercises are done in this browser? Export them first to keep them.")) return;
    keep(KEY, {});
    keep(PLACE, {});
    keep(GIVEN, {});
    tell("Forgotten.");
    show();
  }

  show();
});
