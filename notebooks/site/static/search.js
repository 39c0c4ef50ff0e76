/* Search while typing, in the theme's dialog and on the page search.html, from _static/search-index.js
   (search.py writes it). Nothing is fetched: the index is a script, loaded at the first search.
   Hyphens, accents and capitals do not matter: "skipgram" finds "skip-gram". A word that stands nowhere
   is taken for the commonest one that differs by a letter, and the page says so. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const ROOT = document.documentElement.dataset.content_root || "./";
  const PART = /([\p{L}\p{N}])[-\u2010-\u2013\u2212](?=[\p{L}\p{N}])/gu;
  let index = null;
  let loading = null;
  let vocabulary = null;  // word -> how often it occurs; made when something is not found

  /* Small letters, no accents, hyphenated words as one, everything else a blank. */
  function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
      .replace(PART, "$1").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  }

  function load() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `${ROOT}_static/search-index.js`;
      script.onload = () => {
        const { pages, entries } = window.TL_INDEX;
        index = entries.map(([page, place, heading, text]) => ({
          page: pages[page], place, heading, text,
          head: ` ${plain(heading)} `, body: ` ${plain(text)} `,
          title: ` ${pages[page][2]} ${plain(pages[page][1])} `,
        }));
        done();
      };
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  /* Words as they are looked for: a plural finds its singular too. */
  function wanted(query) {
    return plain(query).split(" ").filter(Boolean)
      .map((word) => (word.length > 4 && /[^s]s$/.test(word) ? word.slice(0, -1) : word));
  }

  /* Do two words differ by one letter: another, one more, one less, or two changed about? */
  function near(one, other) {
    if (Math.abs(one.length - other.length) > 1 || one === other) return false;
    let i = 0;
    while (i < one.length && one[i] === other[i]) i++;
    const a = one.slice(i), b = other.slice(i);
    return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1) ||
      (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
  }

  /* The words as they were perhaps meant. */
  function meant(words) {
    if (!vocabulary) {
      vocabulary = new Map();
      for (const entry of index)
        for (const word of `${entry.head}${entry.body}`.split(" ")) vocabulary.set(word, (vocabulary.get(word) || 0) + 1);
    }
    return words.map((word) => {
      if (word.length < 4 || index.some((entry) => fit(entry, word))) return word;
      const others = [...vocabulary.keys()].filter((other) => near(word, other));
      return others.sort((a, b) => vocabulary.get(b) - vocabulary.get(a))[0] || word;
    });
  }

  function count(text, part) {
    return text.split(part).length - 1;
  }

  /* How well one word fits an entry: as a word, as its beginning, within it; 0 if not at all. */
  function fit(entry, word) {
    const inside = word.length > 3;
    if (entry.head.includes(` ${word} `)) return 12;
    if (entry.head.includes(` ${word}`)) return 9;
    if (inside && entry.head.includes(word)) return 6;
    if (entry.title.includes(` ${word}`)) return 3;
    const times = count(entry.body, ` ${word}`);
    if (times) return Math.min(3, 1 + times / 4);
    return inside && entry.body.includes(word) ? 0.7 : 0;
  }

  function score(entry, words) {
    const joined = words.join("");
    const fits = words.map((word) => fit(entry, word));
    if (!fits.includes(0)) {
      const whole = words.join(" ");
      let sum = fits.reduce((a, b) => a + b) / words.length;
      if (entry.head.replaceAll(" ", "") === joined) sum += 20;
      else if (words.length > 1 && entry.head.includes(whole)) sum += 4;
      else if (words.length > 1 && entry.body.includes(whole)) sum += 2;
      return entry.place ? sum : sum + 1;
    }
    /* "word embedding" and "wordembedding" are the same. */
    if (joined.length < 6) return 0;
    if (entry.head.replaceAll(" ", "").includes(joined)) return 6;
    return entry.body.replaceAll(" ", "").includes(joined) ? 1 : 0;
  }

  /* Pages with what fits on them, the best first: each page once. */
  function find(words) {
    const pages = new Map();
    if (!words.length) return [];
    for (const entry of index) {
      const points = score(entry, words);
      if (!points) continue;
      if (!pages.has(entry.page)) pages.set(entry.page, { page: entry.page, best: 0, hits: [] });
      const found = pages.get(entry.page);
      found.best = Math.max(found.best, points);
      found.hits.push({ entry, points });
    }
    for (const found of pages.values()) found.hits.sort((a, b) => b.points - a.points);
    return [...pages.values()].sort((a, b) => b.best - a.best);
  }

  /* Where the words stand in a text, as it is written. */
  function marks(text, words) {
    let flat = "";
    const at = [];
    for (let i = 0; i < text.length; i++) {
      const joins = /[-\u2010-\u2013\u2212]/.test(text[i]) &&
        /[\p{L}\p{N}]/u.test(text[i - 1] || "") && /[\p{L}\p{N}]/u.test(text[i + 1] || "");
      if (joins) continue;
      const letters = text[i].normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase() || "";
      for (const letter of letters.replace(/[^\p{L}\p{N}]/gu, " ")) {
        flat += letter;
        at.push(i);
      }
    }
    const spans = [];
    for (const word of words) {
      for (const part of [` ${word}`, word]) {
        const before = spans.length;
        let place = ` ${flat}`.indexOf(part);
        while (place >= 0) {
          const from = part === word ? place - 1 : place;
          if (from >= 0 && from + word.length <= at.length)
            spans.push([at[from], at[from + word.length - 1] + 1]);
          place = ` ${flat}`.indexOf(part, place + 1);
        }
        if (spans.length > before || word.length < 4) break;
      }
    }
    return spans.sort((a, b) => a[0] - b[0]);
  }

  /* The text around the first hit, or its beginning, with every hit marked. */
  function excerpt(text, words, length) {
    const spans = marks(text, words);
    let from = Math.max(0, (spans.length ? spans[0][0] : 0) - Math.floor(length / 3));
    if (from) from = text.indexOf(" ", from) + 1;
    let to = Math.min(text.length, from + length);
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from + 1);
    const parts = [from ? "… " : ""];
    let done = from;
    for (const [start, end] of spans) {
      if (start < done || end > to) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, end);
      parts.push(text.slice(done, start), mark);
      done = end;
    }
    parts.push(text.slice(done, to), to < text.length ? " …" : "");
    return parts;
  }

  function element(name, kind, ...inner) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.append(...inner);
    return made;
  }

  function hit({ entry }, words) {
    const link = element("a", "");
    link.href = ROOT + entry.page[0] + (entry.place ? `#${entry.place}` : "");
    if (entry.place) link.append(element("b", "", ...excerpt(entry.heading, words, 160)));
    else link.append(element("b", "", "Beginning of the page"));
    if (entry.text) link.append(" ", element("span", "", ...excerpt(entry.text, words, 150)));
    return element("li", "", link);
  }

  function show(box, query, pages, each) {
    let words = wanted(query), found = find(words), instead = "";
    if (words.length && !found.length) {
      words = meant(words);
      found = find(words);
      if (found.length) instead = `Nothing found for “${query}”. For “${words.join(" ")}”: `;
    }
    const list = element("ul", "tl-found");
    for (const { page, hits } of found.slice(0, pages)) {
      const title = element("a", "", page[2] ? `${page[2]} ` : "", ...excerpt(page[1], words, 120));
      title.href = ROOT + page[0];
      const inner = element("ul", "", ...hits.slice(0, each).map((one) => hit(one, words)));
      if (hits.length > each) inner.append(element("li", "tl-rest", `and ${hits.length - each} more`));
      list.append(element("li", "", element("h2", "", title), inner));
    }
    const number = found.reduce((sum, page) => sum + page.hits.length, 0);
    const places = `${number} place${number === 1 ? "" : "s"}`;
    box.said.textContent = !words.length ? "" : !number ? `Nothing found for “${query}”.`
      : `${instead}${places} on ${found.length} page${found.length === 1 ? "" : "s"}`;
    const rest = found.length - pages;
    box.results.replaceChildren(list);
    if (rest > 0) box.results.append(element("p", "tl-rest", `${rest} more pages: press Enter.`));
  }

  /* Results below a search field; arrow keys go from the field into them and back. */
  function attach(form, pages, each) {
    const input = form.querySelector("input[name=q]");
    const box = { said: element("p", "tl-said"), results: element("div", "tl-results") };
    box.said.setAttribute("role", "status");
    const around = element("div", "tl-search-box", box.said, box.results);
    form.after(around);
    let asked = 0;
    async function update() {
      const mine = ++asked;
      try {
        await load();
        if (mine === asked) show(box, input.value.trim(), pages, each);
      } catch {
        box.said.textContent = "The index of the search is missing: build the site again.";
      }
      around.hidden = !input.value.trim();
    }
    around.hidden = true;
    input.addEventListener("focus", () => load().catch(() => {}));
    input.addEventListener("input", update);
    const parent = form.parentElement;
    parent.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || around.hidden) return;
      const stops = [input, ...box.results.querySelectorAll("li li a")];
      const here = stops.indexOf(document.activeElement);
      if (here < 0) return;
      event.preventDefault();
      stops[Math.min(stops.length - 1, Math.max(0, here + step))].focus();
    });
    parent.addEventListener("click", (event) => {
      if (event.target.closest(".tl-results a") && parent.matches("dialog[open]")) parent.close();
    });
    return { input, update };
  }

  const dialog = document.querySelector("#pst-search-dialog form.bd-search");
  if (dialog) attach(dialog, 6, 3);
  const page = document.querySelector(".tl-search form.bd-search");
  if (page) {
    const { input, update } = attach(page, 1000, 6);
    input.value = new URLSearchParams(location.search).get("q") || "";
    input.focus();
    update();
  }
});
