// What waited for the sign-in goes on by itself.
(function () {
  "use strict";
  document.getElementById("go-on").submit();
})();
