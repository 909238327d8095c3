-- What is said to whoever a ticket is offered to and whoever has taken it (src/notifications/transfer-message.store.ts).

alter type message_kind add value 'ticket_offered';
alter type message_kind add value 'ticket_accepted';
