/* Exercises on the page: choice, number, matching and free words, judged here by the key that ask.py
   wrote into the page, with the words of the notebook. How a number is read comes from TL_RULES,
   which are the patterns of the notebook's engine. What was done is noted by progress.js. */
"use strict";
(() => {
  const RULES = window.TL_RULES;
  const LATER = ["not attempted", "Not attempted yet: give your answer first."];
  const LOOKS = {  // word, mark
    right: ["Right", "✓"], wrong: ["Not yet", "✗"], "not attempted": ["Not attempted yet", "○"],
    noted: ["Noted", "✎"], hint: ["Hint", "→"], solution: ["One solution", "="],
  };
  const pattern = (name, flags) => new RegExp(RULES[name], `iu${flags || ""}`);
  const shown = (text) => `“${text.length > 70 ? `${text.slice(0, 67)}...` : text}”`;
  const filled = (text, ...values) => values.reduce((made, value) => made.replace("{}", () => value), text);

  /* Judging: as tl_helpers/exercises does ------------------------------------------------------ */
  const DIGIT = /[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468]/gu;
  const words = (text) => text.match(/[\p{L}\p{N}_]+/gu) || [];

  function numberIn(given) {
    if ([...given].length > RULES.longest) return null;
    let text = given.toLowerCase().replace(pattern("named"), "");
    if (pattern("formula").test(text)) return null;
    const digits = (part) => (part.match(DIGIT) || []).length;
    if (!digits(text)) {
      const said = words(text);
      const found = said.filter((word) => RULES.inWords.includes(word));
      const denied = said.includes("no") || said.includes("not");
      return found.length === 1 && !denied ? RULES.inWords.indexOf(found[0]) : null;
    }
    text = text.replace(pattern("minus", "g"), "$1-").replace(pattern("comma", "g"), "$1.");
    const numerals = [...text.matchAll(pattern("number", "g"))].map((m) => m[0]).filter(digits);
    if (numerals.length !== 1 || digits(text) !== digits(numerals[0])) return null;
    const value = Number(numerals[0].replace(/[, \u202f]/g, "").replace("\u2212", "-").normalize("NFKC"));
    return Number.isNaN(value) ? null : value;
  }

  function same(known, given, tolerance) {
    if (typeof known !== "number" || typeof given !== "number") return known === given;
    return known === given || Math.abs(known - given) <= tolerance + tolerance * Math.abs(given);
  }

  /* Each gives status, message, and what is counted as the slip. */
  const JUDGES = {
    choice(key, given) {
      if (given === "") return LATER;
      if (given === key.right) return ["right", key.praise];
      const says = key.says[given] || "";
      return ["wrong", `${says || key.else} ${key.after}`.trim(), says];
    },
    value(key, given) {
      if (!given.trim()) return LATER;
      let plain = numberIn(given);
      if (plain === null && key.words) plain = given.replace(/^[ .!'"]+|[ .!'"]+$/g, "").toLowerCase();
      const fits = (slip, value) => slip.within === null
        ? same(value, plain ?? given, slip.tolerance)
        : typeof plain === "number" && Math.abs(plain - value) < slip.within;
      if (plain !== null && key.right.some((value) => same(value, plain, key.tolerance))) return ["right", key.praise];
      const slip = key.slips.find((one) => one.values.some((value) => fits(one, value)));
      if (slip) return ["wrong", slip.says, slip.says];
      const text = plain === null ? filled(RULES.otherKind, key.wanted, shown(given)) : filled(typeof plain === typeof key.right[0] ? key.else : key.other, shown(given), key.wanted);
      return ["wrong", text, ""];
    },
    matching(key, given) {
      const items = Object.keys(key.right), done = items.filter((item) => given[item]);
      if (!done.length) return LATER;
      const good = done.filter((item) => given[item] === key.right[item]).length;
      if (good === items.length) return ["right", key.praise];
      const open = items.filter((item) => !given[item]);
      const score = `${good} of ${items.length} are right${open.length ? `; still open: ${open.join(", ")}` : ""}`;
      const slip = key.slips.find(([, wrong]) => Object.entries(wrong).every(([item, option]) => given[item] === option));
      if (slip) return ["wrong", `${slip[0]} (${score}.)`, slip[0]];
      return ["wrong", good < done.length ? `A hint may help. (${score}.)` : `So far so good: ${score}.`, ""];
    },
    form(key, given) {
      const done = key.right.filter((field) => given[field].trim());
      if (!done.length) return LATER;
      const missing = [], slips = [];
      let there = 0;
      for (const field of done) {
        if (words(given[field]).length < key.fewest) {
          missing.push(filled(key.little, field, shown(given[field])));
          slips.push("");
          continue;
        }
        for (const [says, patterns] of key.wants[field]) {
          if (patterns.some((one) => new RegExp(one, "iu").test(given[field]))) there += 1;
          else { missing.push(says); slips.push(says); }
        }
      }
      const open = key.right.filter((field) => !done.includes(field));
      const points = Object.values(key.wants).flat().length;
      const score = `${there} of ${points} points are there${open.length ? `; still open: ${open.join(", ")}` : ""}`;
      if (missing.length) return ["wrong", `${missing[0]} (${score}.)`, slips[0]];
      return open.length ? ["wrong", `So far so good: ${score}.`, ""] : ["right", key.praise];
    },
  };
  window.tlJudge = (key, given) => JUDGES[key.kind](key, given);

  /* Showing ------------------------------------------------------------------------------------ */
  function element(name, kind, ...inner) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.append(...inner);
    return made;
  }

  function button(text, act) {
    const made = element("button", "tl-small", text);
    made.type = act ? "button" : "submit";
    if (act) made.addEventListener("click", act);
    return made;
  }

  function markedUp(text) {  // `code`, *stress* and **bold**
    const safe = element("i", "", text).innerHTML;
    return safe.split(/`([^`\n]+)`/).map((part, place) => (place % 2 ? `<code>${part}</code>` : part
      .replace(pattern("bold", "g"), "<strong>$1</strong>")
      .replace(pattern("stress", "g"), "<em>$1</em>"))).join("");
  }

  window.tlMarkedUp = markedUp;

  function card(status, message, lead) {
    const [word, mark] = LOOKS[status];
    const head = element("b", "", `${mark} ${lead}${message.startsWith(word) ? "" : `${word}. `}`);
    const made = element("div", `tl-feedback tl-is-${status.replace(" ", "-")}`, head);
    const text = element("span");
    text.innerHTML = markedUp(message);
    made.append(text);
    return made;
  }

  function fold(title, inside, opened) {
    const made = element("details", "tl-help", element("summary", "", title));
    made.addEventListener("toggle", () => {
      if (!made.open || made.dataset.seen) return;
      made.dataset.seen = "yes";
      inside(made);
      if (opened) opened();
    });
    return made;
  }

  const plainly = (value) => (typeof value === "number"
    ? String(Number(value.toPrecision(6))).replace("-", "\u2212") : value);

  /* Hints one at a time, then a solution. */
  function help(key, id, record) {
    const box = element("div", "tl-helps");
    const next = (place) => {
      if (place >= key.hints.length) return;
      box.insertBefore(fold(`Hint ${place + 1} of ${key.hints.length}`, (made) => {
        made.append(card("hint", key.hints[place], ""));
        next(place + 1);
      }), box.lastChild);
    };
    box.append(fold("A solution", (made) => {
      const here = key.kind === "value" ? `Here: ${plainly(key.right[0])}. ` : "";
      made.append(card("solution", here + key.about, ""), element("pre", "", key.solution));
    }, () => record.note(id, { "solution seen": true })));
    next(0);
    return box;
  }

  /* The fields of an answer: what to show, how to read it, how to fill it. */
  const FIELDS = {
    choice(key, name) {
      const made = Object.entries(key.options).map(([option, text]) => {
        const input = Object.assign(element("input"), { type: "radio", name, value: option });
        return element("label", "tl-option", input, element("span", "", option === text ? option : `${option}: ${text}`));
      });
      const inputs = made.map((label) => label.firstChild);
      return [made, () => inputs.find((input) => input.checked)?.value || "",
        (option) => { for (const input of inputs) input.checked = input.value === option; }];
    },
    value(key, name) {
      const input = Object.assign(element("input", "tl-number"), { type: "text", name, autocomplete: "off", maxLength: 400 });
      return [[element("label", "tl-option", `Your answer (${key.wanted}): `, input)], () => input.value,
        (text) => { input.value = text; }];
    },
    matching(key, name) {
      const selects = {};
      const made = Object.keys(key.right).map((item) => {
        const select = selects[item] = Object.assign(element("select"), { name: `${name}-${item}` });
        select.append(new Option("…", ""), ...key.options.map((option) => new Option(option, option)));
        return element("label", "tl-option", element("b", "", `${item}: `), select);
      });
      return [made, () => Object.fromEntries(Object.entries(selects).map(([item, select]) => [item, select.value])),
        (given) => { for (const item in selects) selects[item].value = given[item] ?? ""; }];
    },
    form(key, name) {
      const areas = {};
      const made = key.right.map((field) => {
        const area = areas[field] = Object.assign(element("textarea"), { name: `${name}-${field}`, rows: 2 });
        return element("label", "tl-option tl-wide", element("b", "", `${field.replace(/_/g, " ")}: `), area);
      });
      return [made, () => Object.fromEntries(Object.entries(areas).map(([field, area]) => [field, area.value])),
        (given) => { for (const field in areas) areas[field].value = given[field] ?? ""; }];
    },
  };

  document.addEventListener("DOMContentLoaded", () => {
    const record = window.tlProgress || { entry: () => ({}), note: () => {}, given: () => undefined, give: () => {} };
    const folds = [...document.querySelectorAll("details.tl-await")];
    const unfold = (id) => folds.filter((one) => one.dataset.id === id).forEach((one) => { one.open = true; });
    const fillings = [];  // a prediction is the answer to check as well

    function attach(box, number) {
      const { id, what, label, key: packed } = box.dataset;
      const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
      const key = JSON.parse(new TextDecoder().decode(bytes));
      const ways = box.querySelector(".tl-ways");
      if (key.kind === "code") {
        box.append(help(key, id, record));
        return;
      }
      const [fields, read, fill] = FIELDS[key.kind](key, `tl-${number}`);
      const predicts = what === "predict";
      const guesses = what === "guess";  // judged at once: nothing on the page would answer it
      const legend = predicts || guesses ? `${label}: your prediction` : `${label}: your answer`;
      const form = element("form", "", element("fieldset", "", element("legend", "", legend), ...fields));
      const said = element("div", "tl-answered");
      said.setAttribute("role", "status");
      form.append(element("p", "tl-ask-row", button(predicts ? "Note my prediction" : "Check")), said);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const given = read();
        let [status, message, slip] = window.tlJudge(key, given);
        if (predicts && given) {
          status = "noted";
          message = `Your prediction: ${key.options[given]}. Read on, and see.`;
          record.note(id, { prediction: given });
          fillings.forEach((other) => other.id === id && other.fill(given));
          unfold(id);
        } else if (guesses && given && !record.entry(id).prediction) {
          record.note(id, { prediction: given, ...(status === "right" ? { done: true } : {}) }, 1);
          if (status === "wrong") {
            status = "noted";
            message = `Your prediction: ${key.options[given]}. ${message} It came out otherwise.`;
          }
        } else if (status !== "not attempted") {
          record.note(id, status === "right" ? { done: true } : {}, 1, status === "wrong" ? slip || "" : null);
          unfold(id);
        }
        said.replaceChildren(card(status, message, `${label}. `));
      });
      form.addEventListener("input", () => { if (!predicts) record.give(id, read()); });
      const entry = record.entry(id), given = record.given(id);
      fillings.push({ id, fill });
      if (key.kind === "choice" && entry.prediction in key.options) {
        fill(entry.prediction);
        unfold(id);
        if (predicts || (guesses && !entry.done)) said.append(card("noted", `Your prediction: ${key.options[entry.prediction]}.`, `${label}. `));
      }
      if (!predicts && typeof given === typeof read()) fill(given);
      if (entry.done) {
        unfold(id);
        if (!predicts) said.append(card("right", "Right: you have done this one.", `${label}. `));
      }
      box.replaceChildren(form);
      if (!predicts) box.append(help(key, id, record));
      box.append(element("p", "tl-ask-row tl-in-notebook", "In the notebook, with your own run: ", ways));
    }

    document.querySelectorAll(".tl-ask").forEach(attach);
  });
})();
