#!/bin/sh
# archive_command = '/usr/local/bin/archive-wal.sh %p /mnt/backup/wal/%f'
#
# A piece of PostgreSQL's log is in the archive whole and on the disk, or it is not there. PostgreSQL asks again until this
# ends with 0, also for what was copied before a crash; what is there is never replaced by something else.
set -eu
from=$1
to=$2
if [ -e "$to" ]; then
    exec cmp "$from" "$to"
fi
cp "$from" "$to.part"
sync "$to.part"
mv "$to.part" "$to"
sync "$(dirname "$to")"
