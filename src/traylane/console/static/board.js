// A board draws itself anew whenever the service sends it. When nothing is heard it says so, and tries until it is.
(function () {
  "use strict";
  const SILENCE = 40000;
  const board = document.getElementById("board");
  const lost = document.getElementById("lost");
  let source = null;
  let heard = Date.now();

  function listen() {
    if (source) source.close();
    source = new EventSource(board.dataset.stream);
    source.addEventListener("open", hear);
    source.addEventListener("tick", hear);
    source.addEventListener("board", (event) => {
      hear();
      board.innerHTML = event.data; // drawn by the service, every text in it escaped
    });
    source.addEventListener("error", () => {
      lost.hidden = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(comeBack, 3000);
    });
  }

  function hear() {
    heard = Date.now();
    lost.hidden = true;
  }

  // A page that is loaded while the service is away would stay away: so first see that it answers.
  async function comeBack() {
    try {
      const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") location.reload();
      else listen();
    } catch {
      setTimeout(comeBack, 3000);
    }
  }

  setInterval(() => {
    if (Date.now() - heard < SILENCE) return;
    heard = Date.now();
    lost.hidden = false;
    listen();
  }, 5000);
  window.addEventListener("offline", () => { lost.hidden = false; });
  window.addEventListener("online", listen);
  window.addEventListener("pagehide", () => source && source.close());
  listen();
})();
