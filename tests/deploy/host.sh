# What the host of docs/point-in-time.md has and a test has not: a user postgres, systemd, and one PostgreSQL of its own.
sudo() { # -u postgres COMMAND
  shift 2
  as_server "$@"
}

as_server() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"; else "$@"; fi
}

install() { # … FOLDER FOLDER
  command install -d -m 700 "${@: -2}"
  if [ "$(id -u)" = 0 ]; then chown nobody "${@: -2}"; fi
}

systemctl() {
  case "$*" in
    "restart postgresql") systemctl stop postgresql; systemctl start postgresql ;;
    "stop postgresql") as_server pg_ctl -D "$DATA" -m fast -w stop >/dev/null 2>&1 </dev/null ;;
    "start postgresql")
      as_server pg_ctl -D "$DATA" -w -l "$DATA/server.log" -o "$OPTIONS" start >/dev/null 2>&1 </dev/null ;;
    *traylane) ;;
    *) return 1 ;;
  esac
}
