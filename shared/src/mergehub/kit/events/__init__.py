"""Events between services: outbox, stream, inbox, consumer, and the doorbell of workers."""
