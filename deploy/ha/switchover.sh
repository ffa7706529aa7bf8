#!/bin/sh
# A planned change of the leader: requests wait meanwhile, and none fails. On each host of the service PgBouncer holds
# them back (PAUSE), then Patroni changes the leader, and they go on (RESUME).
#
#   PGPASSFILE=/etc/traylane-ha.pgpass switchover.sh n1 10.0.0.11:8008 [POOLER...]
#
# The node that leads (`patronictl list` says which), the address of its Patroni, and of each PgBouncer, 127.0.0.1:6432
# when none is given. PGPASSFILE has the passwords of `pooler` (PgBouncer) and `traylane` (PostgreSQL).
set -eu
leader=$1
patroni=$2
shift 2
[ $# -gt 0 ] || set -- 127.0.0.1:6432
NORMAL=${NORMAL_WAIT:-0.5}
LONGEST=${LONGEST_WAIT:-15}
PRIMARY=${PRIMARY:-postgresql://traylane@127.0.0.1:5000/traylane?connect_timeout=2}
WRITABLE="SELECT NOT pg_is_in_recovery()"

tell() { # POOLER COMMAND
    psql "postgresql://pooler@${1}/pgbouncer?connect_timeout=2" --no-psqlrc --quiet --command "$2"
}

go_on() {
    for pooler in $poolers; do
        tell "$pooler" "RESUME traylane" || true
        tell "$pooler" "SET query_wait_timeout = '$NORMAL'" || true
    done
}

poolers=$*
trap go_on EXIT
trap 'exit 1' HUP INT TERM
for pooler in $poolers; do tell "$pooler" "SET query_wait_timeout = '$LONGEST'"; done
for pooler in $poolers; do tell "$pooler" "PAUSE traylane"; done

curl --fail --silent --show-error --max-time 20 --data "{\"leader\": \"$leader\"}" "http://$patroni/switchover"
echo

# Until HAProxy has found the new leader, and none but it.
good=0 tries=0
while [ $good -lt 3 ]; do
    tries=$((tries + 1))
    [ $tries -le 100 ] || { echo "HAProxy finds no leader" >&2; exit 1; }
    if [ "$(psql "$PRIMARY" --no-psqlrc --quiet --tuples-only --no-align --command "$WRITABLE" 2>/dev/null)" = t ]; then
        good=$((good + 1))
    else
        good=0
    fi
    sleep 0.1
done
