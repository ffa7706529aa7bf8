// Copies what stands on the page.
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
})();
