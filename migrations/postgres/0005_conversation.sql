-- The threads: what is said in them, how far it was read, and how many there are.

create table conversation (
  id               uuid primary key,
  workspace_id     uuid not null references workspace (id),
  channel          text not null,
  widget_id        uuid references widget (id),
  -- Who began it, and whose it is now that they turned out to be somebody.
  contact_id       uuid not null references contact (id),
  person_id        uuid not null references contact (id),
  status           text not null,
  assignee_id      uuid references agent (id),
  team_id          uuid not null references team (id),
  reference        jsonb,
  last_message_id  uuid,
  last_at          timestamptz not null,
  waiting_since    timestamptz,
  snoozed_until    timestamptz,
  snoozed_from     text,
  contact_texts    bigint not null default 0,
  staff_texts      bigint not null default 0,
  contact_read_seq bigint not null default 0,
  staff_read_seq   bigint not null default 0,
  revision         bigint not null default 0,
  -- The same, of what its customer sees of it.
  public_revision  bigint not null default 0,
  created_at       timestamptz not null,
  closed_at        timestamptz,
  check ((widget_id is null) = (channel = 'ticket'))
);
create unique index conversation_open on conversation (workspace_id, widget_id, contact_id) where status <> 'closed';
create index conversation_by_last on conversation (workspace_id, last_at desc, id desc);
create index conversation_by_status on conversation (workspace_id, status, last_at desc, id desc);
create index conversation_by_assignee on conversation (workspace_id, assignee_id, status, last_at desc, id desc);
create index conversation_of_contact on conversation (contact_id);
create index conversation_of_person on conversation (person_id);
create index conversation_queue on conversation (workspace_id, waiting_since) where status = 'waiting' and assignee_id is null;

create table message (
  id              uuid primary key,
  workspace_id    uuid not null references workspace (id),
  conversation_id uuid not null references conversation (id),
  seq             bigint not null,
  client_id       uuid,
  request_hash    bytea,
  kind            text not null,
  author_kind     text not null,
  author_id       uuid not null,
  body            text not null,
  event           jsonb,
  -- Whether customers see it: known before a page is cut.
  shown           boolean not null default false,
  created_at      timestamptz not null,
  edited_at       timestamptz
);
create unique index message_in_order on message (conversation_id, seq);
create unique index message_by_client on message (workspace_id, client_id, author_id) where client_id is not null;

-- How far somebody has read, and how many of each side's texts that were.
create table receipt (
  conversation_id uuid not null references conversation (id),
  person_id       uuid not null,
  workspace_id    uuid not null references workspace (id),
  read_seq        bigint not null,
  contact_texts   bigint not null,
  staff_texts     bigint not null,
  primary key (conversation_id, person_id)
);

-- Counts are rows, kept in the transaction that changes them. No assignee: the all-zero id.
create table tally (
  workspace_id uuid not null references workspace (id),
  team_id      uuid not null,
  assignee_id  uuid not null,
  status       text not null,
  n            bigint not null,
  primary key (workspace_id, team_id, assignee_id, status)
);
