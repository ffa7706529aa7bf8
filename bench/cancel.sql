-- One cancel as one statement: the guarded update and its event, one order a transaction.
-- Order numbers are walked as the HTTP runs walk them: scattered over the table, none twice. `base` is the first place
-- of this run's walk, `i` counts up in each client.
\set place :base + :i * :clients + :client_id
\set i :i + 1
\set at (:place * 1000003) % :cancellable
\set number 1000000 + :at / 9 * 10 + :at % 9
WITH cancelled AS (
    UPDATE orders
    SET cancelled_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint, cancel_reason = 'CUS',
        cancel_actor = 'key/bench', cancel_station = station, cancel_override = false, revision = revision + 1
    WHERE order_number = (:number)::text AND cancelled_at IS NULL AND status <> 'C'
    RETURNING id, revision, cancelled_at, cancel_actor, order_number, customer_number, tray_number, station
)
INSERT INTO events (id, subject_id, seq, type, at, actor, data)
SELECT uuid_send(uuidv7()), id, revision, 'order.cancelled', cancelled_at, cancel_actor,
       '{"orderNumber":"' || order_number || '","customerNumber":"' || customer_number
       || '","trayNumber":"' || tray_number || '","before":{"cancelled":' || 'false},"after":{"cancelled":' || 'true,'
       || '"reason":"CUS","station":"' || coalesce(station, '') || '","override":' || 'false}}'
FROM cancelled;
