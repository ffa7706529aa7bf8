// The list of orders by keys: / to the search field, arrows through the rows, Enter opens.
(function () {
  "use strict";
  const search = document.getElementById("search");
  const list = document.getElementById("list");
  const lost = document.getElementById("lost");
  const links = () => Array.from(list.querySelectorAll("tbody a, .pages a[rel=next]"));
  let asked = 0;
  let toOpen = false;

  function move(step) {
    const all = links();
    const here = all.indexOf(document.activeElement);
    const next = here + step;
    if (next < 0) search.focus();
    else if (next < all.length) all[next].focus();
  }

  function open() {
    const rows = list.querySelectorAll("tbody a");
    if (rows.length === 1) window.location.assign(rows[0].href);
    else if (rows.length) rows[0].focus();
  }

  document.addEventListener("keydown", (event) => {
    const inSearch = event.target === search;
    const inList = list.contains(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "ArrowDown" && (inSearch || inList || event.target === document.body)) {
      event.preventDefault();
      move(1);
    } else if (event.key === "ArrowUp" && inList) {
      event.preventDefault();
      move(-1);
    } else if (event.key === "Enter" && inSearch) {
      // What was typed last may still be under way: open what comes of it.
      event.preventDefault();
      toOpen = true;
      window.htmx.trigger("#filters", "submit");
    }
  });

  document.body.addEventListener("htmx:beforeRequest", () => {
    asked += 1;
    list.setAttribute("aria-busy", "true");
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    asked -= 1;
    const xhr = event.detail.xhr;
    if (asked === 0) list.removeAttribute("aria-busy");
    lost.hidden = xhr.status !== 0 || event.detail.failed !== true || asked > 0;
    // Back from an order leads to this very list.
    if (xhr.status === 200 && xhr.responseURL) history.replaceState(null, "", xhr.responseURL);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    if (toOpen && asked <= 1) {
      toOpen = false;
      open();
    }
  });
})();
