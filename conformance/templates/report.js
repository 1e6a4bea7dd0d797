"use strict";
(() => {
  const root = document.documentElement;
  const press = (name, value) => {
    for (const button of document.querySelectorAll(`button[data-${name}]`)) {
      button.setAttribute("aria-pressed", String(button.dataset[name] === value));
    }
  };
  for (const button of document.querySelectorAll("button[data-lang]")) {
    button.addEventListener("click", () => {
      root.lang = button.dataset.lang;
      document.title = document.querySelector(`h1 [lang=${root.lang}]`).textContent;
      press("lang", root.lang);
    });
  }
  for (const button of document.querySelectorAll("button[data-show]")) {
    button.addEventListener("click", () => {
      root.dataset.show = button.dataset.show;
      press("show", button.dataset.show);
    });
  }
  // A link into a closed part opens it, and the keyboard goes on from there.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView({block: "center"});
    target.focus({preventScroll: true});
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  reveal();
})();
