// Copies what stands on the page; goes back to the list that one came from.
(function () {
  "use strict";

  async function copy(text) {
    // Without TLS a browser has no clipboard for pages: then the text is chosen, and Ctrl+C does the rest.
    if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(text.textContent);
    else {
      window.getSelection().selectAllChildren(text);
      document.execCommand("copy");
    }
  }

  document.querySelectorAll("[data-copies]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(document.getElementById(button.dataset.copies));
      button.classList.add("copied");
    });
  });

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
