"""INSi as it answers about its scripted population, without a network: for tests of the rooms."""

from dataclasses import dataclass, field
from datetime import datetime

from carnet.establishment.clients.errors import CallError
from carnet.establishment.clients.insi import InsiClient
from carnet.standards.ins.insi import (
    BatchReport,
    DepositQuery,
    Query,
    Result,
    answer,
    scripted_population,
)


@dataclass
class Scripted(InsiClient):
    """The questions it was asked, and what to raise instead of answering."""

    asked: list[Query] = field(default_factory=list)
    deposits: dict[str, DepositQuery] = field(default_factory=dict)
    failure: CallError | None = None
    done: bool = True

    def ask(self, query: Query, *, now: datetime) -> Result:
        self.asked.append(query)
        if self.failure is not None:
            raise self.failure
        return answer(query, scripted_population())

    def deposit(self, query: DepositQuery, *, message_id: str, now: datetime) -> str:
        if self.failure is not None:
            raise self.failure
        self.deposits[message_id.removeprefix("uuid:")] = query
        return message_id.removeprefix("uuid:")

    def collect(self, batch_id: str, *, now: datetime) -> BatchReport:
        if not self.done:
            return BatchReport(False)
        found = self.deposits[batch_id].lines
        return BatchReport(
            True,
            tuple((line.reference, self.ask(line.query, now=now).code.value) for line in found),
        )

    def close(self) -> None:
        """Nothing is open."""
