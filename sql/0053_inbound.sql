-- Who writes STOP to a number of ours is looked for at every seller that has written to theirs, so the index is not led by the
-- tenant. Nothing of it changes on a message's way.
create index messages_to_telephones on messages (recipient, tenant_id) where channel in ('sms', 'whatsapp');
