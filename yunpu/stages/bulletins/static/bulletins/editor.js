// The writing place of a bulletin: figures as chips, numerals typed by hand in red while one writes.
// Without this script the text stays a plain field; its format is the same.
"use strict";
(() => {
  const form = document.getElementById("writing");
  if (!form) return;
  const field = form.querySelector("textarea");
  const editor = form.querySelector("[data-editor]");
  const insert = form.querySelector("[data-insert]");
  const source = form.querySelector("[data-source]");
  const dialog = document.getElementById("figures");
  const find = document.getElementById("find-figure");
  const shown = new Map(JSON.parse(document.getElementById("offered").textContent).map((one) => [one.code, one]));
  const REFERENCE = /\{\{\s*([a-z0-9_.]+(?::growth)?(?:@[0-9A-Za-z~-]+)?)\s*\}\}/g;
  const HEAD = /^[\u4e00-\u9fff]{1,6}[:：]/;
  let saved = field.value.replace(/\r\n/g, "\n");
  let leaving = false;
  let waiting = 0;
  let asked = 0;
  let caret = null;

  // ---- text and lines ----

  const chip = (written, code) => {
    const known = shown.get(code);
    const node = document.createElement("span");
    node.className = known ? "yp-figure-chip" : "yp-figure-chip yp-unknown";
    node.contentEditable = "false";
    node.dataset.written = written;
    node.textContent = known ? known.shown : written;
    if (known) node.title = known.title;
    return node;
  };
  const fill = (line, text) => {
    let end = 0;
    for (const found of text.matchAll(REFERENCE)) {
      if (found.index > end) line.append(text.slice(end, found.index));
      line.append(chip(found[0], found[1]));
      end = found.index + found[0].length;
    }
    if (end < text.length) line.append(text.slice(end));
    if (!line.firstChild) line.append(document.createElement("br"));
  };
  const show = (text) => {
    editor.replaceChildren(...text.replace(/\n$/, "").split("\n").map((one) => {
      const line = document.createElement("div");
      fill(line, one);
      return line;
    }));
    dress();
  };
  const written = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.dataset && node.dataset.written) return node.dataset.written;
    if (node.nodeName === "BR") return "";
    return [...node.childNodes].map(written).join("");
  };
  const lines = () => [...editor.childNodes];
  const read = () => lines().map(written).join("\n").replace(/\u00a0/g, " ") + "\n";
  const dress = () => {
    let head = true;
    for (const line of lines()) {
      if (line.nodeType !== Node.ELEMENT_NODE) continue;
      const text = written(line);
      if (text.trim() && !HEAD.test(text.trim())) head = false;
      line.className = /^\s*##/.test(text) ? "yp-line-title" : /^\s*#/.test(text) ? "yp-line-section" : head && text.trim() ? "yp-line-head" : "";
    }
  };
  const isRich = () => !editor.hidden;
  const text = () => (isRich() ? read() : field.value.replace(/\r\n/g, "\n"));

  // ---- where something stands ----

  const rangeOf = (place) => {
    const line = lines()[Number(place.dataset.line) - 1];
    if (!line) return null;
    const range = document.createRange();
    let left = Number(place.dataset.column) - 1;
    let rest = Number(place.dataset.length);
    let begun = false;
    const walk = (node) => {
      if (rest <= 0) return;
      const size = written(node).length;
      if (node.nodeType === Node.TEXT_NODE) {
        if (!begun && left < size) { range.setStart(node, left); begun = true; }
        if (begun) {
          const from = node === range.startContainer ? range.startOffset : 0;
          const take = Math.min(rest, size - from);
          range.setEnd(node, from + take);
          rest -= take;
        }
        left -= size;
      } else if (node.dataset && node.dataset.written) left -= size;
      else [...node.childNodes].forEach(walk);
    };
    walk(line);
    return begun ? range : null;
  };
  const paint = () => {
    if (!window.CSS || !CSS.highlights) return;
    const ranges = [...document.querySelectorAll("#checks [data-offence]")].map(rangeOf).filter(Boolean);
    CSS.highlights.set("yp-offender", new Highlight(...ranges));
  };

  // ---- looking while one writes ----

  const look = async () => {
    const number = ++asked;
    const body = new FormData(form);
    body.set("text", text());
    let answer;
    try {
      answer = await fetch(form.dataset.look, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      return; // away from the network: the text is still here, saving will say so
    }
    if (!answer.ok || number !== asked) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("checks");
    if (made && !document.getElementById("checks").contains(document.activeElement)) {
      document.getElementById("checks").replaceWith(document.adoptNode(made));
      paint();
    }
  };
  const changed = () => {
    leaving = false;
    if (isRich()) dress();
    clearTimeout(waiting);
    waiting = setTimeout(look, 500);
  };
  editor.addEventListener("input", changed);
  field.addEventListener("input", changed);

  // ---- inserting ----

  const remember = () => {
    const selection = getSelection();
    caret = selection.rangeCount && editor.contains(selection.anchorNode) ? selection.getRangeAt(0).cloneRange() : null;
  };
  const open = () => {
    remember();
    find.value = "";
    filter();
    dialog.showModal();
    find.focus();
  };
  const options = () => [...dialog.querySelectorAll("[data-code]")];
  const visible = () => options().filter((one) => !one.parentNode.hidden);
  const select = (one) => options().forEach((other) => other.setAttribute("aria-selected", other === one));
  const filter = () => {
    const words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of options()) {
      const all = (one.textContent + one.dataset.code).toLowerCase();
      one.parentNode.hidden = !words.every((word) => all.includes(word));
    }
    select(visible()[0]);
  };
  const put = (code) => {
    const reference = `{{${code}}}`;
    dialog.close();
    if (!isRich()) {
      field.setRangeText(reference, field.selectionStart, field.selectionEnd, "end");
      field.focus();
    } else {
      editor.focus();
      const selection = getSelection();
      if (caret) { selection.removeAllRanges(); selection.addRange(caret); }
      else { selection.selectAllChildren(editor.lastChild); selection.collapseToEnd(); }
      const range = selection.getRangeAt(0);
      range.deleteContents();
      const node = chip(reference, code);
      range.insertNode(node);
      range.setStartAfter(node);
      range.collapse(true);
      selection.removeAllRanges();
      selection.addRange(range);
    }
    changed();
  };
  insert.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays where it is
  insert.addEventListener("click", open);
  dialog.addEventListener("click", (event) => {
    const one = event.target.closest("[data-code]");
    if (one) put(one.dataset.code);
    else if (event.target.closest("[data-cancel]")) dialog.close();
  });
  dialog.addEventListener("close", () => isRich() && editor.focus());
  find.addEventListener("input", filter);
  find.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = visible();
    const here = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Enter") { event.preventDefault(); if (all[here]) put(all[here].dataset.code); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = all[Math.max(0, Math.min(all.length - 1, here + (event.key === "ArrowDown" ? 1 : -1)))];
      if (next) { select(next); next.scrollIntoView({ block: "nearest" }); }
    }
  });
  editor.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
    const selection = getSelection();
    const node = selection.anchorNode;
    const before = node && node.nodeType === Node.TEXT_NODE ? node.data[selection.anchorOffset - 1] || "" : "";
    if (/[A-Za-z0-9/]/.test(before)) return; // GB/T, 2020/11, and // for a stroke of one's own
    event.preventDefault();
    open();
  });
  editor.addEventListener("paste", (event) => {
    event.preventDefault();
    const pasted = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    pasted.split("\n").forEach((one, number) => {
      if (number) document.execCommand("insertParagraph");
      if (one) document.execCommand("insertText", false, one);
    });
    const cut = read();
    if (REFERENCE.test(pasted)) show(cut);
    REFERENCE.lastIndex = 0;
    changed();
  });
  editor.addEventListener("drop", (event) => event.preventDefault());

  // ---- saving, and finding a place ----

  const keep = () => { field.value = text(); leaving = true; };
  form.addEventListener("submit", keep);
  document.addEventListener("submit", (event) => {
    const one = event.target;
    if (one.matches("[data-with-text]")) {
      const kept = document.createElement("input");
      kept.type = "hidden";
      kept.name = "text";
      kept.value = text();
      one.append(kept);
      leaving = true;
    } else if (one.matches("[data-submit]") && text() !== saved) {
      event.preventDefault(); // what is sent on is what was saved: save and look first
      keep();
      form.submit();
    } else leaving = true;
  });
  document.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (!go || !isRich()) return;
    event.preventDefault();
    const range = rangeOf(go.closest("[data-line]"));
    if (!range) return;
    editor.focus();
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
  });
  source.addEventListener("click", () => {
    const now = text();
    const rich = !isRich();
    if (rich) show(now);
    else field.value = now;
    editor.hidden = !rich;
    field.hidden = rich;
    source.textContent = rich ? source.dataset.plain : source.dataset.rich;
    paint();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && text() !== saved) event.preventDefault();
  });

  show(saved);
  saved = read();
  editor.contentEditable = "true";
  editor.hidden = false;
  field.hidden = true;
  insert.hidden = false;
  source.hidden = false;
  document.execCommand("defaultParagraphSeparator", false, "div");
  paint();
})();
