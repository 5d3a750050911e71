/* Choosing one of many records by typing a part of its name: a text field with a list below it (ARIA combobox).

   The field keeps working without this file: the name or code that is written is looked up when the form is sent. */

const WAIT = 200;

function setUp(picker) {
  if (picker.dataset.ready) return;
  picker.dataset.ready = "yes";
  const text = picker.querySelector("input[type=text]");
  const hidden = picker.querySelector("input[type=hidden]");
  const list = document.createElement("ul");
  list.id = `${text.id}-list`;
  list.className = "yp-picker-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text.getAttribute("aria-label") || picker.dataset.label || "");
  list.hidden = true;
  picker.append(list);
  text.setAttribute("role", "combobox");
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  text.setAttribute("aria-expanded", "false");
  let asked = 0;
  let timer = 0;
  let here = -1;

  function open(shown) {
    list.hidden = !shown;
    text.setAttribute("aria-expanded", String(shown));
    if (!shown) text.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    here = index;
    [...list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === here));
      if (at !== here) return;
      text.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  }

  function choose(option) {
    if (!option || !option.dataset.value) return;
    hidden.value = option.dataset.value;
    text.value = option.dataset.label;
    open(false);
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function ask() {
    asked += 1;
    const mine = asked;
    const url = new URL(picker.dataset.url, window.location.href);
    url.searchParams.set("q", text.value);
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
    if (mine !== asked || !answer.ok) return;
    const { choices, note } = await answer.json();
    list.replaceChildren(
      ...choices.map((choice, at) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${at}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.value = choice.value;
        option.dataset.label = choice.label;
        option.textContent = choice.label;
        return option;
      }),
    );
    if (note) {
      const line = document.createElement("li");
      line.className = "yp-quiet";
      line.setAttribute("role", "option");
      line.setAttribute("aria-disabled", "true");
      line.setAttribute("aria-selected", "false");
      line.textContent = note;
      list.append(line);
    }
    open(document.activeElement === text && list.children.length > 0);
    here = -1;
  }

  text.addEventListener("input", (event) => {
    hidden.value = "";
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  text.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  text.addEventListener("focus", () => {
    if (!hidden.value) ask();
  });
  text.addEventListener("blur", () => setTimeout(() => open(false), 150));
  text.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.querySelectorAll("[data-value]").length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask();
      else if (count) mark((here + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      choose(list.children[Math.max(0, here)]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      open(false);
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[data-value]"));
  });
}

function setUpAll() {
  document.querySelectorAll("[data-picker]").forEach(setUp);
}

document.addEventListener("htmx:afterSwap", setUpAll);
setUpAll();
