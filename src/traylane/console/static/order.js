// Goes back to the list that one came from, by keys too.
(function () {
  "use strict";

  const back = document.getElementById("back");
  const came = document.referrer && new URL(document.referrer);
  if (came && came.origin === location.origin && came.pathname === "/orders") back.href = came.href;
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape" && !typing) location.assign(back.href);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      location.assign("/orders");
    }
  });
})();
