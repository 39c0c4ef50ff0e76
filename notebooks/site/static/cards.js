/* Cards for terms and citations, from the data that hover.py leaves in each page: on hover, on focus,
   on the first tap. Escape closes one; the pointer and the keyboard reach the links inside. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const data = document.getElementById("tl-cards");
  if (!data) return;
  const cards = JSON.parse(data.textContent);
  const links = document.querySelectorAll("article a.tl-term, article a.tl-cite");
  let open = null, card = null, timer = 0, touched = false;

  function close() {
    clearTimeout(timer);
    if (!open) return;
    const [link, gone] = [open, card];
    open = card = null;  // before the focus may leave what is removed
    link.removeAttribute("aria-describedby");
    gone.remove();
  }

  function place() {
    const edge = 8, gap = 6, width = document.documentElement.clientWidth;
    const at = open.getClientRects()[0] || open.getBoundingClientRect();
    const below = innerHeight - at.bottom >= card.offsetHeight + gap + edge;
    const left = Math.min(at.left, width - card.offsetWidth - edge);
    card.style.left = `${Math.max(edge, left)}px`;
    card.style.top = `${Math.max(edge, below ? at.bottom + gap : at.top - gap - card.offsetHeight)}px`;
  }

  function show(link) {
    clearTimeout(timer);
    if (open === link) return;
    close();
    const where = link.getAttribute("href");
    if (!cards[where]) return;
    open = link;
    card = document.createElement("span");
    card.className = "tl-card";
    card.id = "tl-card";
    const text = document.createElement("span");
    text.id = "tl-card-text";
    text.innerHTML = cards[where];
    const on = document.createElement("a");
    on.className = "tl-on";
    on.href = where;
    on.textContent = link.classList.contains("tl-term") ? "In the glossary" : "In the bibliography";
    card.append(text, on);
    link.after(card);  // so that Tab goes from the link into its card
    link.setAttribute("aria-describedby", text.id);
    card.addEventListener("pointerenter", () => clearTimeout(timer));
    card.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && soon(close, 250));
    card.addEventListener("focusout", left);
    place();
  }

  function soon(what, wait) {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  }

  function left(event) {  // the focus went elsewhere
    const to = event.relatedTarget;
    if (open && to !== open && !(to && card.contains(to))) close();
  }

  for (const link of links) {
    if (!cards[link.getAttribute("href")]) continue;
    link.removeAttribute("title");  // the card says it
    link.addEventListener("pointerenter", (event) =>
      event.pointerType === "mouse" && soon(() => show(link), open ? 60 : 200));
    link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && soon(close, 250));
    link.addEventListener("focus", () => { if (!touched) show(link); });
    link.addEventListener("focusout", left);
    link.addEventListener("click", (event) => {
      if (touched && open !== link) {  // the first tap opens the card, the second one follows
        event.preventDefault();
        show(link);
      }
      touched = false;
    });
  }

  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    if (open && !card.contains(event.target) && !open.contains(event.target)) close();
  }, true);
  document.addEventListener("keydown", (event) => {
    touched = false;
    if (event.key === "Escape" && open) {
      if (card.contains(document.activeElement)) open.focus();
      close();
      event.stopPropagation();
    }
  });
  addEventListener("scroll", () => { if (open) place(); }, { passive: true, capture: true });
  addEventListener("resize", close);
});
