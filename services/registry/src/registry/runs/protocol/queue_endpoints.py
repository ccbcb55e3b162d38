"""`/v1/queues`: how much work waits for each class of hardware."""

from __future__ import annotations

from mergehub.contracts.hardware import Hardware
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from registry.runs.protocol import queues
from registry.runs.schemas import Queue, QueueList

router = Router(prefix="/v1/queues", tags=["runs"])


@router.get("", summary="List the queues and their depths")
async def list_queues(session: Session) -> QueueList:
    """The depth of every queue."""
    return QueueList(items=await queues.depths(session))


@router.get("/{hardware}", summary="Get the depth of a queue")
async def get_queue(hardware: Hardware, session: Session) -> Queue:
    """The depth of one queue. Scale the workers to its `load`."""
    return next(each for each in await queues.depths(session) if each.hardware == hardware)
