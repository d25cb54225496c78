-- What a visitor missed is found without reading what everybody else said.
create index event_by_contact on event (workspace_id, contact_id, seq);
