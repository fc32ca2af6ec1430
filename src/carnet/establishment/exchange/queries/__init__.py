"""What the desk reads of the exchange. Every query is for an operator."""

from carnet.establishment.exchange.queries.certificates import Paper, papers
from carnet.establishment.exchange.queries.flow import (
    FILTERS,
    DeliveryView,
    DocumentView,
    MessageLine,
    MessageNotFound,
    Page,
    PatientDocument,
    Step,
    documents_of,
    flow,
    message,
    message_of,
    openings,
    raw,
)
from carnet.establishment.exchange.queries.health import Health, health
from carnet.establishment.exchange.queries.identities import WaitingIdentity, waiting_identities
from carnet.establishment.exchange.queries.separations import (
    Separation,
    SinceDocument,
    Unattributed,
    separation,
    unattributed,
)
from carnet.establishment.exchange.queries.stuck import StuckDelivery, StuckGroup, retried, stuck
from carnet.establishment.exchange.queries.vigilance import (
    CorrectionView,
    FeedView,
    corrections,
    feeds_of,
    stuck_feeds,
)

__all__ = [
    "FILTERS",
    "CorrectionView",
    "DeliveryView",
    "DocumentView",
    "FeedView",
    "Health",
    "MessageLine",
    "MessageNotFound",
    "Page",
    "Paper",
    "PatientDocument",
    "Separation",
    "SinceDocument",
    "Step",
    "StuckDelivery",
    "StuckGroup",
    "Unattributed",
    "WaitingIdentity",
    "corrections",
    "documents_of",
    "feeds_of",
    "flow",
    "health",
    "message",
    "message_of",
    "openings",
    "papers",
    "raw",
    "retried",
    "separation",
    "stuck",
    "stuck_feeds",
    "unattributed",
    "waiting_identities",
]
