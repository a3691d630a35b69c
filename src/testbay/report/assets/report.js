"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const tools = document.querySelector(".tools");
  const cases = all(".case");
  const words = cases.map((c) => c.firstElementChild.textContent.toLowerCase());
  const buttons = all("button", tools);
  const group = tools.querySelector("select");
  const search = tools.querySelector("input");

  function filter() {
    const wanted = buttons.filter((b) => b.ariaPressed === "true").map((b) => b.dataset.v);
    const parts = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    cases.forEach((c, i) => {
      const fits = wanted.includes(c.dataset.v) && (!group.value || group.value === c.dataset.g) &&
        parts.every((p) => words[i].includes(p));
      c.hidden = !fits;
      shown += fits;
    });
    all(".group").forEach((g) => { g.hidden = !g.querySelector(".case:not([hidden])"); });
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("count").textContent =
      shown === cases.length ? "" : `${shown} of ${cases.length}`;
  }

  // The first press on a verdict shows it alone; pressing the only one shows all again.
  function press(button) {
    const on = buttons.filter((b) => b.ariaPressed === "true");
    const alone = on.length === 1 && on[0] === button;
    const fresh = on.length === buttons.length;
    if (alone || fresh) buttons.forEach((b) => { b.ariaPressed = String(alone || b === button); });
    else button.ariaPressed = String(button.ariaPressed !== "true");
    filter();
  }

  // Only white space is added: numbers, escapes and repeated keys stay as they were sent.
  function pretty(text) {
    let out = "", depth = 0, inString = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (inString) {
        out += c;
        if (c === "\\") out += text[++i] ?? "";
        else if (c === '"') inString = false;
      } else if (c === '"') { inString = true; out += c; }
      else if ("{[".includes(c)) {
        const empty = /^\s*[}\]]/.exec(text.slice(i + 1, i + 50));
        if (empty) { out += c + empty[0].trim(); i += empty[0].length; }
        else out += c + "\n" + "  ".repeat(++depth);
      } else if ("}]".includes(c)) out += "\n" + "  ".repeat(depth = Math.max(0, depth - 1)) + c;
      else if (c === ",") out += ",\n" + "  ".repeat(depth);
      else if (c === ":") out += ": ";
      else if (!/\s/.test(c)) out += c;
    }
    return out;
  }

  function unfold(frame) {
    if (!frame.open || frame.querySelector("pre")) return;
    const raw = frame.querySelector("code").textContent;
    if (!/^\s*[[{]/.test(raw)) return;
    const pre = document.createElement("pre");
    pre.textContent = pretty(raw);
    frame.append(pre);
  }

  function open() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { return; }
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    const hidden = target.closest(".case[hidden]");
    if (hidden) {
      buttons.forEach((b) => { b.ariaPressed = "true"; });
      group.value = search.value = "";
      filter();
    }
    target.scrollIntoView({ block: target.matches(".case") ? "start" : "center" });
  }

  buttons.forEach((b) => b.addEventListener("click", () => press(b)));
  group.addEventListener("change", filter);
  search.addEventListener("input", filter);
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && !/INPUT|SELECT/.test(document.activeElement.tagName)) {
      e.preventDefault();
      search.focus();
    }
  });
  document.addEventListener("toggle", (e) => {
    if (e.target.parentElement?.className === "fl") unfold(e.target);
  }, true);
  document.addEventListener("click", (e) => {
    const link = e.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) open();
  });
  addEventListener("hashchange", open);
  tools.hidden = cases.length === 0;
  open();
})();
