"""Records picked in a list, perhaps on several pages, or all that match its filter – as a form sends them.

`ids` are the boxes ticked on the page itself (all there is without scripts), `picked` those of other pages,
`all` means everything that matches `query`, the address of the list.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from yunpu.ui.hooks import hooks
from yunpu.ui.lists import ListQuery
from yunpu.ui.registers import Register


class Selection:
    """What one request has picked in a register."""

    def __init__(self, register: type[Register], request: HttpRequest) -> None:
        self.register, self.request = register, request
        self.everything = request.POST.get("all") == "1"
        self.address = request.POST.get("query", "").removeprefix("?")
        given = [*request.POST.getlist("ids"), *request.POST.get("picked", "").split(",")]
        self.numbers = sorted(
            {int(one) for one in given if one.isascii() and one.isdecimal() and len(one) < 19}
        )
        request.GET = QueryDict(self.address)  # the list that was looked at, as `ListQuery` reads it
        self.query = ListQuery(register, request)

    def records(self, action: str = "") -> QuerySet[Any]:
        """The picked records on which this person may act; those seen where no action is named."""
        action = action or self.register.view_right
        if self.everything:
            return hooks.scope(self.request, self.query.filtered, action)
        picked = self.register.model._default_manager.filter(pk__in=self.numbers)
        return hooks.scope(self.request, hooks.scope(self.request, picked, self.register.view_right), action)

    @property
    def is_empty(self) -> bool:
        return not self.everything and not self.numbers

    @property
    def kept(self) -> dict[str, str]:
        """The hidden fields that carry the selection to the next step."""
        return {
            "query": self.address,
            "all": "1" if self.everything else "",
            "picked": "" if self.everything else ",".join(map(str, self.numbers)),
        }
