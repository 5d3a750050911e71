"use strict";
/* Everything works without this file but slower: it adds keys, selection, the drawer and the column order. */
(() => {
  const typing = (event) => event.isComposing || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey;
  const rows = () => [...document.querySelectorAll("[data-list] tbody tr[data-pk]")];
  let here = -1;
  let lastKey = "";
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    here = Math.max(0, Math.min(all.length - 1, here + step));
    all.forEach((row, index) => row.classList.toggle("yp-here", index === here));
    all[here].scrollIntoView({ block: "nearest" });
  };
  const picked = () => {
    const place = document.querySelector("[data-bulk]");
    return place ? JSON.parse(sessionStorage.getItem("picked:" + location.pathname) || "[]") : [];
  };
  const keepPicked = (ids) => {
    sessionStorage.setItem("picked:" + location.pathname, JSON.stringify(ids));
    showPicked();
  };
  const showPicked = () => {
    const bar = document.querySelector("[data-bulk]");
    if (!bar) return;
    const ids = picked();
    bar.hidden = ids.length === 0;
    bar.querySelector("[data-bulk-count]").textContent = ids.length;
    const link = bar.querySelector("[data-bulk-export]");
    const address = new URL(link.href, location.href);
    address.searchParams.set("ids", ids.join(","));
    link.href = address.pathname + address.search;
    document.querySelectorAll("[data-pick]").forEach((box) => {
      box.checked = ids.includes(box.value);
      box.closest("tr").classList.toggle("yp-picked", box.checked);
    });
  };
  const copyText = (text) => {
    if (navigator.clipboard) { navigator.clipboard.writeText(text); return; }
    const field = document.createElement("textarea"); /* without https a browser offers no clipboard */
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };
  const closeDrawer = () => {
    const place = document.getElementById("drawer");
    if (!place || !place.children.length) return false;
    place.replaceChildren();
    if (window.ypOpener) window.ypOpener.focus();
    return true;
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-pick]")) {
      const ids = new Set(picked());
      box.checked ? ids.add(box.value) : ids.delete(box.value);
      keepPicked([...ids]);
    } else if (box.matches("[data-pick-all]")) {
      const ids = new Set(picked());
      document.querySelectorAll("[data-pick]").forEach((one) => (box.checked ? ids.add(one.value) : ids.delete(one.value)));
      keepPicked([...ids]);
    } else if (box.closest("[data-columns]")) {
      const form = box.closest("[data-columns]");
      form.elements.cols.value = [...form.querySelectorAll("input[type=checkbox]:checked")].map((one) => one.value).join(",");
    }
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-toggle],[data-print],[data-bulk-clear],[data-drawer-close],[data-figure],[data-drawer-open],[data-copy-link]");
    document.querySelectorAll("details.yp-pop[open],details.yp-me[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
    const side = document.getElementById("side");
    if (side && side.classList.contains("yp-open") && !side.contains(event.target) && !(target && target.matches("[data-toggle]"))) side.classList.remove("yp-open");
    if (!target) return;
    if (target.matches("[data-toggle]")) {
      const open = side.classList.toggle("yp-open");
      target.setAttribute("aria-expanded", open);
    } else if (target.matches("[data-print]")) window.print();
    else if (target.matches("[data-copy-link]")) {
      event.preventDefault();
      copyText(target.href);
      target.querySelector("span").textContent = target.dataset.copied;
    }
    else if (target.matches("[data-bulk-clear]")) keepPicked([]);
    else if (target.matches("[data-drawer-close]")) closeDrawer();
    else if ((target.matches("[data-figure]") || target.matches("[data-drawer-open]")) && window.htmx && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      window.ypOpener = target;
      window.htmx.ajax("GET", target.href, { target: "#drawer", swap: "innerHTML" }).then(() => {
        const drawer = document.querySelector("[data-drawer]");
        if (drawer) drawer.focus();
      });
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!closeDrawer()) keepPicked([]);
      return;
    }
    const drawer = document.querySelector("[data-drawer]");
    if (event.key === "Tab" && drawer) {
      const stops = [...drawer.querySelectorAll("a[href],button,input,select,textarea,summary")];
      const first = stops[0], last = stops[stops.length - 1];
      if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last.focus(); }
      else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first.focus(); }
      return;
    }
    const search = document.getElementById("q");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && search) { event.preventDefault(); search.focus(); return; }
    if (typing(event)) return;
    const key = event.key.toLowerCase();
    const row = rows()[here];
    if (key === "/" && search) { event.preventDefault(); search.focus(); }
    else if (event.key === "?") document.getElementById("shortcuts").showModal();
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "enter" && row && document.activeElement === document.body) row.querySelector("a").click();
    else if (key === "x" && row) { const box = row.querySelector("[data-pick]"); if (box) box.click(); }
    else if (key === "e") { const link = document.querySelector("[data-export]"); if (link) link.click(); }
    else if (key === "h" && lastKey === "g") location.href = "/";
    lastKey = key;
  });
  document.addEventListener("htmx:afterSwap", () => { here = -1; showPicked(); });
  document.addEventListener("DOMContentLoaded", showPicked);
  showPicked();
})();
