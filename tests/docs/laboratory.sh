# What a reader's machine has and a page need not say: the service is stopped again once it is ready, a password is typed,
# and an answer that is no 2xx ends the page.
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

curl() {
  command curl --fail-with-body --silent --show-error --max-time 40 "$@"
}

traylane() {
  case "$1 ${2-}" in
    serve*) serve "$@" ;;
    "users create" | "users password") command traylane "$@" <<<"frame lens tray bench" ;;
    *) command traylane "$@" ;;
  esac
}

serve() {
  local scheme=http pid
  case " $* " in *" --tls-cert "*) scheme=https ;; esac
  command traylane "$@" &
  pid=$!
  until command curl --fail --insecure --silent --output /dev/null --max-time 5 \
    "$scheme://127.0.0.1:$TRAYLANE_PORT/readyz"; do
    kill -0 $pid
    sleep 0.1
  done
  kill -TERM $pid
  wait $pid
}
