"""The paths that are measured: what is asked, of whom, and what a good answer is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.letters import Messages, Requests
from bench.population import PER_PATIENT, Document
from carnet.standards.ids import Ins

#: Makes the requests of a round, at least so many; what it gives may be called once a contender.
Round = Callable[[], Iterator[bytes]]
Batch = Callable[[int], Round]

_OK = b"HTTP/1.1 200"
_SUCCESS = b"ResponseStatusType:Success"
_FOUND = b'totalResultCount="%d"' % PER_PATIENT
_ACCEPTED = b"\rMSA|AA|"


def published(answer: bytes | bytearray) -> bool:
    """Registered."""
    return answer.startswith(_OK) and _SUCCESS in answer


def found(answer: bytes | bytearray) -> bool:
    """The fifty entries of the patient."""
    return answer.startswith(_OK) and _FOUND in answer


def retrieved(answer: bytes | bytearray) -> bool:
    """The document, whole."""
    return answer.startswith(_OK) and _SUCCESS in answer and len(answer) > 50_000


def acknowledged(answer: bytes | bytearray) -> bool:
    """AA."""
    return _ACCEPTED in answer


@dataclass
class Numbers:
    """Numbers that are never given twice, in this run of the bench."""

    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self) -> int:
        return next(self.counter)


def publishing(requests: Requests, people: Sequence[Ins], numbers: Numbers) -> Batch:
    """ITI-41, each with its own letter and its own signed assertion, as a gateway sends them."""

    def batch(size: int) -> Round:
        chosen = [random.choice(people) for _ in range(size)]
        assertions = requests.feeding(chosen)
        lots = [(ins, numbers(), signed) for ins, signed in zip(chosen, assertions, strict=True)]
        return lambda: (requests.publish(*lot) for lot in lots)

    return batch


def finding(requests: Requests, people: Sequence[Ins], sessions: int) -> Batch:
    """ITI-18 in so many sessions, each with one assertion, as a consulting software sends them."""
    patients = [people[place % len(people)] for place in range(sessions)]
    made = [
        requests.find(ins, signed)
        for ins, signed in zip(patients, requests.consulting(patients), strict=True)
    ]
    return shuffled(made)


def retrieving(requests: Requests, documents: Sequence[Document], sessions: int) -> Batch:
    """ITI-43 in so many sessions, several documents each."""
    people = list({document.person.ins: None for document in documents})
    each = max(sessions // len(people), 1)
    signed = iter(requests.consulting([ins for ins in people for _ in range(each)]))
    by_person = {ins: [next(signed) for _ in range(each)] for ins in people}
    made = [
        requests.retrieve(document.unique_id, by_person[document.person.ins][place % each])
        for place, document in enumerate(documents)
    ]
    return shuffled(made)


def shuffled(made: Sequence[bytes]) -> Batch:
    """These requests, in no order."""

    def batch(size: int) -> Round:
        return lambda: iter(random.choices(made, k=size))

    return batch


def sending(
    make: Callable[[Messages, int], bytes], wards: Sequence[Messages], numbers: Numbers
) -> Batch:
    """HL7 v2 messages, each of its own stay and document."""

    def batch(size: int) -> Round:
        return lambda: (make(random.choice(wards), numbers()) for _ in range(size))

    return batch
