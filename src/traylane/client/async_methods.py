# Made by `make docs` from the API's description; edit the code that this comes from instead.
"""Every operation of the API as a method."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal, TypeVar

from traylane.client import shapes
from traylane.client.ask import Ask
from traylane.client.pages import async_items

T = TypeVar("T")


class AsyncMethods:
    """Every operation of the API. `_ask` is the way to the service."""

    async def _ask(self, ask: Ask[T]) -> T:
        raise NotImplementedError

    async def assign_tray(
        self,
        order_identifier: str,
        body: shapes.TrayBody,
        *,
        by: Literal["order", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Give an order a tray.

        The first refusal that fits is the answer. A tray that holds a cancelled order may be taken over,
        with the setting Verify Tray is Empty only by `reassign`; the recall of the cancelled order stays
        open. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="POST",
                path="/api/v2/orders/{}/tray",
                segments=(order_identifier,),
                query={"by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def cancel_order(
        self,
        order_identifier: str,
        body: shapes.CancelBody | None = None,
        *,
        delete_reason: str | None = None,
        override: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.CancelAnswer:
        """Cancel an order.

        Flags the order for deletion and answers its last known state; nothing is deleted. The first refusal
        that fits is the answer. Scope: `orders:cancel`.
        """
        return await self._ask(
            Ask[shapes.CancelAnswer](
                method="DELETE",
                path="/api/v2/orders/{}",
                segments=(order_identifier,),
                query={"deleteReason": delete_reason, "override": override, "by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def cancel_order_dry_run(
        self,
        order_identifier: str,
        body: shapes.CancelBody | None = None,
        *,
        delete_reason: str | None = None,
        override: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        if_match: str | None = None,
    ) -> shapes.VerdictAnswer:
        """Cancel an order.

        What it would say; nothing is written.
        """
        return await self._ask(
            Ask[shapes.VerdictAnswer](
                method="DELETE",
                path="/api/v2/orders/{}",
                segments=(order_identifier,),
                query={"deleteReason": delete_reason, "override": override, "by": by, "dryRun": True},
                body=body,
                if_match=if_match,
            )
        )

    async def cancel_order_by_post(
        self,
        order_identifier: str,
        body: shapes.CancelBody | None = None,
        *,
        delete_reason: str | None = None,
        override: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.CancelAnswer:
        """Cancel an order by POST.

        Does the same as DELETE, for where a proxy drops the body of a DELETE. Scope: `orders:cancel`.
        """
        return await self._ask(
            Ask[shapes.CancelAnswer](
                method="POST",
                path="/api/v2/orders/{}/cancel",
                segments=(order_identifier,),
                query={"deleteReason": delete_reason, "override": override, "by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def cancel_order_by_post_dry_run(
        self,
        order_identifier: str,
        body: shapes.CancelBody | None = None,
        *,
        delete_reason: str | None = None,
        override: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        if_match: str | None = None,
    ) -> shapes.VerdictAnswer:
        """Cancel an order by POST.

        What it would say; nothing is written.
        """
        return await self._ask(
            Ask[shapes.VerdictAnswer](
                method="POST",
                path="/api/v2/orders/{}/cancel",
                segments=(order_identifier,),
                query={"deleteReason": delete_reason, "override": override, "by": by, "dryRun": True},
                body=body,
                if_match=if_match,
            )
        )

    async def cancel_orders(
        self,
        body: shapes.CancelRows | list[shapes.CancelRow],
        *,
        atomic: bool | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.CancelResults:
        """Cancel many orders.

        Up to 10000 rows; the answer has one result a row, in their order: the status and the body that the
        single call would give. A malformed row refuses the whole call. With an `Idempotency-Key` `K` row
        `n` is cancelled under the key `K#n`: a call that broke is simply sent again. Rows wait behind
        single cancels. The answer is sent as it is made; with `Accept: application/x-ndjson` one result a
        line. Scope: `orders:cancel`.
        """
        return await self._ask(
            Ask[shapes.CancelResults](
                method="POST",
                path="/api/v2/order_cancellations",
                query={"atomic": atomic},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
            )
        )

    async def cancel_orders_dry_run(
        self, body: shapes.CancelRows | list[shapes.CancelRow], *, atomic: bool | None = None
    ) -> shapes.ForeseenResults:
        """Cancel many orders.

        What it would say; nothing is written.
        """
        return await self._ask(
            Ask[shapes.ForeseenResults](
                method="POST", path="/api/v2/order_cancellations", query={"atomic": atomic, "dryRun": True}, body=body
            )
        )

    async def change_webhook(
        self,
        webhook_id: str,
        body: shapes.WebhookPatch,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.WebhookAnswer:
        """Change a webhook.

        What is left out stays. `enabled: false` switches it off; `true` switches it on again, with what is
        pending and what happened meanwhile. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.WebhookAnswer](
                method="PATCH",
                path="/api/v2/webhooks/{}",
                segments=(webhook_id,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def check_in(
        self, code: str, body: shapes.CheckInBody, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.CheckedIn:
        """Check an order in.

        Scans an order at a station. The first scan takes a valid order into process. A doubled scan counts
        once and says so. A cancelled order is scanned at a cancel rack only; elsewhere the answer says what
        to do with its tray. Scope: `tracking:write`.
        """
        return await self._ask(
            Ask[shapes.CheckedIn](
                method="POST",
                path="/api/v2/job_track/stations/{}",
                segments=(code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def complete_order(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Completed:
        """Complete an order.

        The order leaves the line, and its tray. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.Completed](
                method="POST",
                path="/api/v2/orders/{}/complete",
                segments=(order_identifier,),
                query={"by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def correct_order(
        self,
        order_identifier: str,
        body: shapes.CorrectBody,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Correct an order.

        Changes what comes and leaves the rest. A completed or cancelled order is frozen. Scope:
        `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="PATCH",
                path="/api/v2/orders/{}",
                segments=(order_identifier,),
                query={"by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def create_key(
        self, body: shapes.KeyBody, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.NewKeyAnswer:
        """Create a key.

        The secret is in this answer and nowhere else. With an `Idempotency-Key` a repetition gets the same
        answer without the secret: revoke that key and create another. Scope: `admin`.
        """
        return await self._ask(
            Ask[shapes.NewKeyAnswer](
                method="POST",
                path="/api/v2/keys",
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def create_order(
        self, body: shapes.CreateBody, *, idempotency_key: str | None = None
    ) -> shapes.CreatedAnswer:
        """Create an order.

        The order is there at once: valid, not calculated, with a number of the laboratory's range and a
        tray of its pool, unless one is given. A blank `trayNumber` is none. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.CreatedAnswer](
                method="POST",
                path="/api/v2/orders",
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
            )
        )

    async def create_webhook(
        self, body: shapes.WebhookBody, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.NewWebhookAnswer:
        """Create a webhook.

        From now on the endpoint is told what happens, signed by Standard Webhooks. The secret is in this
        answer and nowhere else. With an `Idempotency-Key` a repetition gets the same answer without the
        secret. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.NewWebhookAnswer](
                method="POST",
                path="/api/v2/webhooks",
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def declare_order_unvalid(
        self,
        order_identifier: str,
        body: shapes.UnvalidBody,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Declare an order unvalid.

        The order is not worked on until it is valid. One that is in process cannot become unvalid: hold it.
        Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="POST",
                path="/api/v2/orders/{}/unvalid",
                segments=(order_identifier,),
                query={"by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def delete_webhook(
        self, webhook_id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.WebhookAnswer:
        """Delete a webhook.

        The endpoint is told nothing more; its deliveries go with it. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.WebhookAnswer](
                method="DELETE",
                path="/api/v2/webhooks/{}",
                segments=(webhook_id,),
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def describe(self) -> dict[str, Any]:
        """This description.

        OpenAPI 3.1.
        """
        return await self._ask(Ask[dict[str, Any]](method="GET", path="/openapi.json"))

    async def fetch_addon(self, addon_code: str) -> shapes.AddOnAnswer:
        """Fetch an add-on.

        Fetch an add-on. Scope: `setup:read`.
        """
        return await self._ask(Ask[shapes.AddOnAnswer](method="GET", path="/api/v2/addons/{}", segments=(addon_code,)))

    async def fetch_breakage(self, breakage_code: str) -> shapes.BreakageCodeAnswer:
        """Fetch a breakage code.

        Fetch a breakage code. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.BreakageCodeAnswer](method="GET", path="/api/v2/breakages/{}", segments=(breakage_code,))
        )

    async def fetch_cancellation(
        self,
        order_identifier: str,
        *,
        delete_reason: str | None = None,
        override: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
    ) -> shapes.CancellationAnswer:
        """Fetch how an order stands to a cancel.

        Everything that is in the way of a cancel, by the very same rules and with evidence; of a cancelled
        order the cancellation, what became of the parts, and how long it can be restored. Scope:
        `orders:read`.
        """
        return await self._ask(
            Ask[shapes.CancellationAnswer](
                method="GET",
                path="/api/v2/orders/{}/cancellation",
                segments=(order_identifier,),
                query={"deleteReason": delete_reason, "override": override, "by": by},
            )
        )

    async def fetch_customer(self, customer_number: str) -> shapes.CustomerAnswer:
        """Fetch a customer.

        Fetch a customer. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.CustomerAnswer](method="GET", path="/api/v2/customers/{}", segments=(customer_number,))
        )

    async def fetch_delete_reason(self, reason_code: str) -> shapes.DeleteReasonAnswer:
        """Fetch a delete reason.

        Fetch a delete reason. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.DeleteReasonAnswer](method="GET", path="/api/v2/delete_reasons/{}", segments=(reason_code,))
        )

    async def fetch_employee(self, employee_code: str) -> shapes.EmployeeAnswer:
        """Fetch an employee.

        Fetch an employee. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.EmployeeAnswer](method="GET", path="/api/v2/employees/{}", segments=(employee_code,))
        )

    async def fetch_order(
        self, order_identifier: str, *, by: Literal["order", "tray", "po"] | None = None
    ) -> shapes.OrderAnswer:
        """Fetch a single order.

        A cancelled order is still fetched, its status as it was. Scope: `orders:read`.
        """
        return await self._ask(
            Ask[shapes.OrderAnswer](
                method="GET", path="/api/v2/orders/{}", segments=(order_identifier,), query={"by": by}
            )
        )

    async def fetch_order_status(
        self, order_identifier: str, *, by: Literal["order", "tray", "po"] | None = None
    ) -> shapes.StatusAnswer | shapes.CancelledStatusAnswer:
        """Fetch an order's status.

        Where an order stands. One that is marked for cancellation answers 200 with an error body; clients
        depend on it. Scope: `orders:read`.
        """
        return await self._ask(
            Ask[shapes.StatusAnswer | shapes.CancelledStatusAnswer](
                method="GET", path="/api/v2/orders/{}/status", segments=(order_identifier,), query={"by": by}
            )
        )

    async def fetch_setting(self, setting_name: str) -> shapes.SettingAnswer:
        """Fetch a setting.

        Fetch a setting. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.SettingAnswer](method="GET", path="/api/v2/settings/{}", segments=(setting_name,))
        )

    async def fetch_station(self, code: str) -> shapes.StationAnswer:
        """Fetch a station.

        A station, or an operator. Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.StationAnswer](method="GET", path="/api/v2/job_track/stations/{}", segments=(code,))
        )

    async def fetch_tray(
        self, tray_number: str, *, limit: int | None = None, offset: int | None = None
    ) -> shapes.TrayAnswer:
        """Fetch a tray's history.

        Which orders held the tray, from when to when, and which one holds it now. Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.TrayAnswer](
                method="GET", path="/api/v2/trays/{}", segments=(tray_number,), query={"limit": limit, "offset": offset}
            )
        )

    async def fetch_webhook(self, webhook_id: str) -> shapes.WebhookAnswer:
        """Fetch a webhook.

        One endpoint, without its secret. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.WebhookAnswer](method="GET", path="/api/v2/webhooks/{}", segments=(webhook_id,))
        )

    async def fetch_work_in_process(
        self,
        *,
        station: str | None = None,
        customer_number: str | None = None,
        late: bool | None = None,
        hot: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> shapes.WorkAnswer:
        """Fetch work in process.

        How many orders stand at each station, and which: the one that stands there longest first. Late is
        what is wanted on a day that is over in the laboratory's time zone, hot is what is wanted today.
        `limit=0` asks for the numbers alone. Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.WorkAnswer](
                method="GET",
                path="/api/v2/job_track/wip",
                query={
                    "station": station,
                    "customerNumber": customer_number,
                    "late": late,
                    "hot": hot,
                    "limit": limit,
                    "offset": offset,
                },
            )
        )

    async def hold_order(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Put an order on hold.

        A held order shows the status `W`, is not scanned, not completed and given no tray. The status that
        it had comes back with its release. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="POST",
                path="/api/v2/orders/{}/hold",
                segments=(order_identifier,),
                query={"by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def list_addons_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.AddOnList:
        """List add-ons.

        List add-ons. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.AddOnList](method="GET", path="/api/v2/addons", query={"limit": limit, "offset": offset})
        )

    def list_addons(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.AddOnAnswer]:
        """List add-ons: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_addons_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_breakages_page(
        self, *, limit: int | None = None, offset: int | None = None
    ) -> shapes.BreakageCodeList:
        """List breakage codes.

        List breakage codes. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.BreakageCodeList](
                method="GET", path="/api/v2/breakages", query={"limit": limit, "offset": offset}
            )
        )

    def list_breakages(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.BreakageCodeAnswer]:
        """List breakage codes: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_breakages_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_customers_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.CustomerList:
        """List customers.

        List customers. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.CustomerList](method="GET", path="/api/v2/customers", query={"limit": limit, "offset": offset})
        )

    def list_customers(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.CustomerAnswer]:
        """List customers: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_customers_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_days(self, *, days: int | None = None) -> shapes.DayList:
        """List days.

        What came in, was completed and was cancelled on each of the last days, and what was in work at
        their end. Days go from midnight to midnight in the laboratory's time zone. Scope: `tracking:read`.
        """
        return await self._ask(Ask[shapes.DayList](method="GET", path="/api/v2/job_track/days", query={"days": days}))

    async def list_delete_reasons_page(
        self, *, limit: int | None = None, offset: int | None = None
    ) -> shapes.DeleteReasonList:
        """List delete reasons.

        List delete reasons. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.DeleteReasonList](
                method="GET", path="/api/v2/delete_reasons", query={"limit": limit, "offset": offset}
            )
        )

    def list_delete_reasons(
        self, *, limit: int | None = None, offset: int = 0
    ) -> AsyncIterator[shapes.DeleteReasonAnswer]:
        """List delete reasons: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_delete_reasons_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_deliveries(
        self, webhook_id: str, *, before: str | None = None, limit: int | None = None
    ) -> shapes.DeliveryList:
        """List a webhook's deliveries.

        What was sent and what came back, the newest first. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.DeliveryList](
                method="GET",
                path="/api/v2/webhooks/{}/deliveries",
                segments=(webhook_id,),
                query={"before": before, "limit": limit},
            )
        )

    async def list_employees_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.EmployeeList:
        """List employees.

        List employees. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.EmployeeList](method="GET", path="/api/v2/employees", query={"limit": limit, "offset": offset})
        )

    def list_employees(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.EmployeeAnswer]:
        """List employees: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_employees_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_events(
        self,
        *,
        after: str | None = None,
        types: str | None = None,
        customer: str | None = None,
        wait: int | None = None,
        limit: int | None = None,
    ) -> shapes.FeedPage:
        """Follow the feed.

        Every event once, in the order of the feed, 90 days back. Go on with `cursor` as `after`: nothing is
        skipped, however late it was committed. With `wait` the answer comes as soon as something fits, or
        empty after so many seconds. Events of the set-up are for keys that may also read the set-up. Scope:
        `events:read`.
        """
        return await self._ask(
            Ask[shapes.FeedPage](
                method="GET",
                path="/api/v2/events",
                query={"after": after, "types": types, "customer": customer, "wait": wait, "limit": limit},
            )
        )

    async def list_keys_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.KeyList:
        """List keys.

        List keys. Scope: `admin`.
        """
        return await self._ask(
            Ask[shapes.KeyList](method="GET", path="/api/v2/keys", query={"limit": limit, "offset": offset})
        )

    def list_keys(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.KeyAnswer]:
        """List keys: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_keys_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_order_events_page(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> shapes.EventList:
        """List an order's events.

        What happened to the order, oldest first. Scope: `events:read`.
        """
        return await self._ask(
            Ask[shapes.EventList](
                method="GET",
                path="/api/v2/orders/{}/events",
                segments=(order_identifier,),
                query={"by": by, "limit": limit, "offset": offset},
            )
        )

    def list_order_events(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> AsyncIterator[shapes.EventAnswer]:
        """List an order's events: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_order_events_page(order_identifier, by=by, limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_orders_page(
        self,
        *,
        status: Literal["U", "V", "P", "C", "W"] | None = None,
        customer_number: str | None = None,
        current_station: str | None = None,
        cancelled: bool | None = None,
        date_wanted_from: str | None = None,
        date_wanted_to: str | None = None,
        date_ordered_from: str | None = None,
        date_ordered_to: str | None = None,
        search: str | None = None,
        sort: Literal["orderNumber", "-orderNumber", "dateWanted", "-dateWanted", "dateOrdered", "-dateOrdered"]
        | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> shapes.OrderList:
        """List orders.

        Everything that is given must hold. The list is sent while it is read: orders that change meanwhile
        are in it once, as they are when their page is read. An answer that cannot be finished ends without
        its end: check that it is whole JSON. 4 lists of more than 500 orders are sent at a time; the next
        one is 503. Scope: `orders:read`.
        """
        return await self._ask(
            Ask[shapes.OrderList](
                method="GET",
                path="/api/v2/orders",
                query={
                    "status": status,
                    "customerNumber": customer_number,
                    "currentStation": current_station,
                    "cancelled": cancelled,
                    "dateWantedFrom": date_wanted_from,
                    "dateWantedTo": date_wanted_to,
                    "dateOrderedFrom": date_ordered_from,
                    "dateOrderedTo": date_ordered_to,
                    "search": search,
                    "sort": sort,
                    "limit": limit,
                    "offset": offset,
                },
            )
        )

    def list_orders(
        self,
        *,
        status: Literal["U", "V", "P", "C", "W"] | None = None,
        customer_number: str | None = None,
        current_station: str | None = None,
        cancelled: bool | None = None,
        date_wanted_from: str | None = None,
        date_wanted_to: str | None = None,
        date_ordered_from: str | None = None,
        date_ordered_to: str | None = None,
        search: str | None = None,
        sort: Literal["orderNumber", "-orderNumber", "dateWanted", "-dateWanted", "dateOrdered", "-dateOrdered"]
        | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> AsyncIterator[shapes.OrderAnswer]:
        """List orders: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_orders_page(
                status=status,
                customer_number=customer_number,
                current_station=current_station,
                cancelled=cancelled,
                date_wanted_from=date_wanted_from,
                date_wanted_to=date_wanted_to,
                date_ordered_from=date_ordered_from,
                date_ordered_to=date_ordered_to,
                search=search,
                sort=sort,
                limit=limit,
                offset=offset,
            )

        return async_items(page, limit=limit, offset=offset)

    async def list_recalls_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.RecallList:
        """List open recalls.

        Cancelled orders whose work is still about: where each was last seen, how often it was scanned
        since, and which order its tray holds now. A release of the tray ends a recall, and so does a scan
        at a cancel rack. Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.RecallList](
                method="GET", path="/api/v2/job_track/recall", query={"limit": limit, "offset": offset}
            )
        )

    def list_recalls(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.RecallAnswer]:
        """List open recalls: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_recalls_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_settings_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.SettingList:
        """List settings.

        List settings. Scope: `setup:read`.
        """
        return await self._ask(
            Ask[shapes.SettingList](method="GET", path="/api/v2/settings", query={"limit": limit, "offset": offset})
        )

    def list_settings(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.SettingAnswer]:
        """List settings: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_settings_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_stations_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.StationList:
        """List stations.

        Stations and operators, in the order of the line. Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.StationList](
                method="GET", path="/api/v2/job_track/stations", query={"limit": limit, "offset": offset}
            )
        )

    def list_stations(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.StationAnswer]:
        """List stations: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_stations_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def list_webhooks_page(self, *, limit: int | None = None, offset: int | None = None) -> shapes.WebhookList:
        """List webhooks.

        The endpoints that are told what happens, the oldest first. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.WebhookList](method="GET", path="/api/v2/webhooks", query={"limit": limit, "offset": offset})
        )

    def list_webhooks(self, *, limit: int | None = None, offset: int = 0) -> AsyncIterator[shapes.WebhookAnswer]:
        """List webhooks: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.list_webhooks_page(limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def live(self) -> shapes.Health:
        """Whether the process answers.

        Asks nothing but the event loop: for what restarts a process that hangs.
        """
        return await self._ask(Ask[shapes.Health](method="GET", path="/livez"))

    async def put_addon(
        self,
        addon_code: str,
        body: shapes.AddOnBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.AddOnAnswer:
        """Set up an add-on.

        A new one, or the one that is there, a retired one included. What is left out gets its default; the
        same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.AddOnAnswer](
                method="PUT",
                path="/api/v2/addons/{}",
                segments=(addon_code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_breakage(
        self,
        breakage_code: str,
        body: shapes.BreakageCodeBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.BreakageCodeAnswer:
        """Set up a breakage code.

        A new one, or the one that is there, a retired one included. What is left out gets its default; the
        same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.BreakageCodeAnswer](
                method="PUT",
                path="/api/v2/breakages/{}",
                segments=(breakage_code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_customer(
        self,
        customer_number: str,
        body: shapes.CustomerBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.CustomerAnswer:
        """Set up a customer.

        A new one, or the one that is there, a retired one included. What is left out gets its default; the
        same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.CustomerAnswer](
                method="PUT",
                path="/api/v2/customers/{}",
                segments=(customer_number,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_delete_reason(
        self,
        reason_code: str,
        body: shapes.DeleteReasonBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.DeleteReasonAnswer:
        """Set up a delete reason.

        A new one, or the one that is there, a retired one included. What is left out gets its default; the
        same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.DeleteReasonAnswer](
                method="PUT",
                path="/api/v2/delete_reasons/{}",
                segments=(reason_code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_disposition(
        self,
        order_identifier: str,
        body: shapes.DispositionBody,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.DispositionAnswer:
        """Say what became of a cancelled order's parts.

        The whole of it, in place of what was said before. The same again changes nothing and is no event.
        Scope: `orders:cancel`.
        """
        return await self._ask(
            Ask[shapes.DispositionAnswer](
                method="PUT",
                path="/api/v2/orders/{}/cancellation/disposition",
                segments=(order_identifier,),
                query={"by": by},
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_employee(
        self,
        employee_code: str,
        body: shapes.EmployeeBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.EmployeeAnswer:
        """Set up an employee.

        A new one, or the one that is there, a retired one included. What is left out gets its default; the
        same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.EmployeeAnswer](
                method="PUT",
                path="/api/v2/employees/{}",
                segments=(employee_code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_setting(
        self,
        setting_name: str,
        body: shapes.SettingBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.SettingAnswer:
        """Change a setting.

        Orders are judged by the new value from the next request on. One that decides who gets in needs the
        scope `admin`. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.SettingAnswer](
                method="PUT",
                path="/api/v2/settings/{}",
                segments=(setting_name,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def put_station(
        self, code: str, body: shapes.StationBody, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.StationAnswer:
        """Set up a station.

        A station, or with `operator` a person who scans; a code never changes sides. What is left out gets
        its default; the same again changes nothing. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.StationAnswer](
                method="PUT",
                path="/api/v2/job_track/stations/{}",
                segments=(code,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def ready(self) -> shapes.Health:
        """Whether changes can be made.

        The database is writable and its schema is this version's; asked at most once a second. If not: 503,
        and the service's log says what to do.
        """
        return await self._ask(Ask[shapes.Health](method="GET", path="/readyz"))

    async def release_order(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Release an order from hold.

        The order goes on with the status that it had. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="DELETE",
                path="/api/v2/orders/{}/hold",
                segments=(order_identifier,),
                query={"by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def release_tray(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Release an order's tray.

        The tray is free for another order. Of a cancelled order it closes the recall. Scope:
        `tracking:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="DELETE",
                path="/api/v2/orders/{}/tray",
                segments=(order_identifier,),
                query={"by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def replay_webhook(
        self,
        webhook_id: str,
        body: shapes.ReplayBody,
        *,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.Replayed:
        """Send events again.

        From `first` to `last`, at most 10000 events, under the `webhook-id` that they had. Scope:
        `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.Replayed](
                method="POST",
                path="/api/v2/webhooks/{}/replay",
                segments=(webhook_id,),
                body=body,
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def report_cancellations(
        self, *, from_: str | None = None, to: str | None = None
    ) -> shapes.CancellationReport:
        """Numbers of cancellations.

        Counted from the events: a cancellation counts when and where it was made, also when the order was
        restored later. It is late after the order's first check-in. At most 92 days. Scope: `reports:read`.
        """
        return await self._ask(
            Ask[shapes.CancellationReport](
                method="GET", path="/api/v2/reports/cancellations", query={"from": from_, "to": to}
            )
        )

    async def restore_order(
        self,
        order_identifier: str,
        *,
        force: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.RestoreAnswer:
        """Restore a cancelled order.

        The order as it was before its cancel: status, station and hold, and its tray when nobody else holds
        it now. `notRestored` lists what could not be brought back. Answers that were stored for an
        `Idempotency-Key` before end with it: 409 `Order was restored since`. Scope: `orders:restore`.
        """
        return await self._ask(
            Ask[shapes.RestoreAnswer](
                method="POST",
                path="/api/v2/orders/{}/restore",
                segments=(order_identifier,),
                query={"force": force, "by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def restore_order_dry_run(
        self,
        order_identifier: str,
        *,
        force: bool | None = None,
        by: Literal["order", "tray", "po"] | None = None,
        if_match: str | None = None,
    ) -> shapes.RestoreVerdictAnswer:
        """Restore a cancelled order.

        What it would say; nothing is written.
        """
        return await self._ask(
            Ask[shapes.RestoreVerdictAnswer](
                method="POST",
                path="/api/v2/orders/{}/restore",
                segments=(order_identifier,),
                query={"force": force, "by": by, "dryRun": True},
                if_match=if_match,
            )
        )

    async def retire_delete_reason(
        self, reason_code: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.DeleteReasonAnswer:
        """Retire a delete reason.

        No cancel can give it any more. It stays, because old cancellations point at it; setting it up again
        revives it. Scope: `setup:write`.
        """
        return await self._ask(
            Ask[shapes.DeleteReasonAnswer](
                method="DELETE",
                path="/api/v2/delete_reasons/{}",
                segments=(reason_code,),
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def revoke_key(
        self, key_id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.KeyAnswer:
        """Revoke a key.

        Its next request is 401. Scope: `admin`.
        """
        return await self._ask(
            Ask[shapes.KeyAnswer](
                method="DELETE",
                path="/api/v2/keys/{}",
                segments=(key_id,),
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def rotate_webhook_secret(
        self, webhook_id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> shapes.NewWebhookAnswer:
        """Rotate a webhook's secret.

        For 24 hours messages are signed with the new secret and the one before. The secret is in this
        answer and nowhere else. With an `Idempotency-Key` a repetition gets the same answer without the
        secret. Scope: `webhooks:write`.
        """
        return await self._ask(
            Ask[shapes.NewWebhookAnswer](
                method="POST",
                path="/api/v2/webhooks/{}/secret",
                segments=(webhook_id,),
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )

    async def track_order_page(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> shapes.ScanList:
        """Track an order.

        Where the order has been: every scan, oldest first, by whom, when, how long after the one before.
        Scope: `tracking:read`.
        """
        return await self._ask(
            Ask[shapes.ScanList](
                method="GET",
                path="/api/v2/orders/{}/tracking",
                segments=(order_identifier,),
                query={"by": by, "limit": limit, "offset": offset},
            )
        )

    def track_order(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> AsyncIterator[shapes.ScanAnswer]:
        """Track an order: page by page, all from `offset` on or the first `limit`."""

        def page(limit: int, offset: int) -> Any:
            return self.track_order_page(order_identifier, by=by, limit=limit, offset=offset)

        return async_items(page, limit=limit, offset=offset)

    async def validate_order(
        self,
        order_identifier: str,
        *,
        by: Literal["order", "tray", "po"] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> shapes.ChangedAnswer:
        """Declare an order valid.

        An unvalid order becomes valid, and its `unvalidMessage` empty. Scope: `orders:write`.
        """
        return await self._ask(
            Ask[shapes.ChangedAnswer](
                method="POST",
                path="/api/v2/orders/{}/validate",
                segments=(order_identifier,),
                query={"by": by},
                changes=True,
                keyed=True,
                idempotency_key=idempotency_key,
                if_match=if_match,
            )
        )
