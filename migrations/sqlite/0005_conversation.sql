-- The threads: what is said in them, how far it was read, and how many there are.

create table conversation (
  id               blob primary key,
  workspace_id     blob not null references workspace (id),
  channel          text not null,
  widget_id        blob references widget (id),
  -- Who began it, and whose it is now that they turned out to be somebody.
  contact_id       blob not null references contact (id),
  person_id        blob not null references contact (id),
  status           text not null,
  assignee_id      blob references agent (id),
  team_id          blob not null references team (id),
  reference        text check (reference is null or json_valid(reference)),
  last_message_id  blob,
  last_at          text not null,
  waiting_since    text,
  snoozed_until    text,
  snoozed_from     text,
  contact_texts    integer not null default 0,
  staff_texts      integer not null default 0,
  contact_read_seq integer not null default 0,
  staff_read_seq   integer not null default 0,
  revision         integer not null default 0,
  -- The same, of what its customer sees of it.
  public_revision  integer not null default 0,
  created_at       text not null,
  closed_at        text,
  check ((widget_id is null) = (channel = 'ticket'))
) strict;
create unique index conversation_open on conversation (workspace_id, widget_id, contact_id) where status <> 'closed';
create index conversation_by_last on conversation (workspace_id, last_at desc, id desc);
create index conversation_by_status on conversation (workspace_id, status, last_at desc, id desc);
create index conversation_by_assignee on conversation (workspace_id, assignee_id, status, last_at desc, id desc);
create index conversation_of_contact on conversation (contact_id);
create index conversation_of_person on conversation (person_id);
create index conversation_queue on conversation (workspace_id, waiting_since) where status = 'waiting' and assignee_id is null;

create table message (
  id              blob primary key,
  workspace_id    blob not null references workspace (id),
  conversation_id blob not null references conversation (id),
  seq             integer not null,
  client_id       blob,
  request_hash    blob,
  kind            text not null,
  author_kind     text not null,
  author_id       blob not null,
  body            text not null,
  event           text check (event is null or json_valid(event)),
  -- Whether customers see it: known before a page is cut.
  shown           integer not null default 0,
  created_at      text not null,
  edited_at       text
) strict;
create unique index message_in_order on message (conversation_id, seq);
create unique index message_by_client on message (workspace_id, client_id, author_id) where client_id is not null;

-- How far somebody has read, and how many of each side's texts that were.
create table receipt (
  conversation_id blob not null references conversation (id),
  person_id       blob not null,
  workspace_id    blob not null references workspace (id),
  read_seq        integer not null,
  contact_texts   integer not null,
  staff_texts     integer not null,
  primary key (conversation_id, person_id)
) strict, without rowid;

-- Counts are rows, kept in the transaction that changes them. No assignee: the all-zero id.
create table tally (
  workspace_id blob not null references workspace (id),
  team_id      blob not null,
  assignee_id  blob not null,
  status       text not null,
  n            integer not null,
  primary key (workspace_id, team_id, assignee_id, status)
) strict, without rowid;
