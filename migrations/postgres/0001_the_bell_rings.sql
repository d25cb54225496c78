-- The workspace, who works in it, who writes to it, the threads, and the log of everything that happens.
-- Ids and times are bound by the program, never made by the database.

create table workspace (
  id             uuid primary key,
  name           text not null,
  host           text unique,
  is_default     boolean not null default false,
  epoch          text not null,
  seq            bigint not null default 0,
  low_water      bigint not null default 0,
  home_widget_id uuid,
  team_id        uuid,
  auto_assign    boolean not null default true,
  revision       bigint not null default 1,
  created_at     timestamptz not null
);
create unique index workspace_default on workspace (is_default) where is_default;

-- What the workspace signs with (cursors of lists).
create table workspace_secret (
  workspace_id uuid primary key references workspace (id),
  value        bytea not null
);

create table agent (
  id            uuid primary key,
  workspace_id  uuid not null references workspace (id),
  email         text not null,
  email_key     text not null,
  name          text not null,
  display_name  text not null,
  role          text not null check (role in ('agent', 'supervisor', 'admin')),
  state         text not null check (state in ('invited', 'active', 'suspended')),
  password_hash text,
  availability  text not null default 'online' check (availability in ('online', 'away', 'offline')),
  reason        text,
  created_at    timestamptz not null,
  unique (workspace_id, email_key)
);

-- Heard from within two minutes; `told` is what listeners were told last.
create table presence (
  agent_id     uuid primary key references agent (id),
  workspace_id uuid not null references workspace (id),
  expires_at   timestamptz not null,
  told         boolean not null default false
);
create index presence_of_workspace on presence (workspace_id, told);

create table team (
  id           uuid primary key,
  workspace_id uuid not null references workspace (id),
  name         text not null,
  created_at   timestamptz not null
);

create table team_member (
  team_id      uuid not null references team (id),
  agent_id     uuid not null references agent (id),
  workspace_id uuid not null references workspace (id),
  primary key (team_id, agent_id)
);
create index team_member_of_agent on team_member (agent_id);

create table widget (
  id                 uuid primary key,
  workspace_id       uuid not null references workspace (id),
  name               text not null,
  enabled            boolean not null,
  domains            jsonb not null,
  policy             text not null check (policy in ('anyone', 'email_required', 'verified_only')),
  welcome_message    text not null,
  offline_message    text not null,
  appearance         jsonb not null,
  auto_open_delay_ms bigint,
  allow_file_uploads boolean not null,
  show_agent_avatars boolean not null,
  home               boolean not null default false,
  secret             bytea not null,
  revision           bigint not null default 1,
  created_at         timestamptz not null
);
create index widget_of_workspace on widget (workspace_id, created_at);

create table contact (
  id           uuid primary key,
  workspace_id uuid not null references workspace (id),
  name         text,
  email        text,
  email_key    text,
  user_id      text,
  verified_at  timestamptz,
  merged_into  uuid references contact (id),
  page_url     text,
  reference    jsonb,
  created_at   timestamptz not null,
  last_seen_at timestamptz not null
);
create unique index contact_of_user on contact (workspace_id, user_id) where user_id is not null;
create index contact_by_email on contact (workspace_id, email_key) where email_key is not null;

-- A login, or a visitor's token.
create table session (
  id           uuid primary key,
  workspace_id uuid not null references workspace (id),
  agent_id     uuid references agent (id),
  contact_id   uuid references contact (id),
  widget_id    uuid references widget (id),
  token_hash   bytea not null unique,
  device       text not null,
  created_at   timestamptz not null,
  last_seen_at timestamptz not null,
  idle_until   timestamptz not null,
  expires_at   timestamptz not null,
  revoked_at   timestamptz,
  check ((agent_id is null) <> (contact_id is null))
);
create index session_of_agent on session (agent_id) where agent_id is not null;
create index session_of_contact on session (contact_id) where contact_id is not null;

-- Single-purpose links: GET shows a button, POST consumes.
create table link (
  token_hash   bytea primary key,
  workspace_id uuid not null references workspace (id),
  purpose      text not null check (purpose in ('setup', 'invitation', 'reset', 'sign_in')),
  agent_id     uuid references agent (id),
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  used_at      timestamptz
);

-- Wrong passwords, by account and device; unknown devices share the all-zero one.
create table lockout (
  workspace_id uuid not null references workspace (id),
  email_key    text not null,
  device       bytea not null,
  tries        bigint not null,
  since        timestamptz not null,
  primary key (workspace_id, email_key, device)
);

-- Devices that signed in to an account before.
create table device (
  token_hash   bytea primary key,
  workspace_id uuid not null references workspace (id),
  agent_id     uuid not null references agent (id),
  created_at   timestamptz not null
);

create table conversation (
  id               uuid primary key,
  workspace_id     uuid not null references workspace (id),
  widget_id        uuid not null references widget (id),
  contact_id       uuid not null references contact (id),
  status           text not null check (status in ('waiting', 'active', 'snoozed', 'closed')),
  assignee_id      uuid references agent (id),
  team_id          uuid references team (id),
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
  created_at       timestamptz not null,
  closed_at        timestamptz
);
create unique index conversation_open on conversation (workspace_id, widget_id, contact_id) where status <> 'closed';
create index conversation_by_last on conversation (workspace_id, last_at desc, id desc);
create index conversation_by_status on conversation (workspace_id, status, last_at desc, id desc);
create index conversation_by_assignee on conversation (workspace_id, assignee_id, status, last_at desc, id desc);
create index conversation_of_contact on conversation (contact_id, last_at desc);
create index conversation_queue on conversation (workspace_id, waiting_since) where status = 'waiting' and assignee_id is null;
create index conversation_to_wake on conversation (snoozed_until) where status = 'snoozed';

create table message (
  id              uuid primary key,
  workspace_id    uuid not null references workspace (id),
  conversation_id uuid not null references conversation (id),
  seq             bigint not null,
  client_id       uuid,
  request_hash    bytea,
  kind            text not null check (kind in ('text', 'note', 'event')),
  author_kind     text not null check (author_kind in ('contact', 'agent', 'bot', 'system')),
  author_id       uuid not null,
  body            text not null,
  event           jsonb,
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

-- Counts are rows, kept in the transaction that changes them. No team, no assignee: the all-zero id.
create table tally (
  workspace_id uuid not null references workspace (id),
  team_id      uuid not null,
  assignee_id  uuid not null,
  status       text not null,
  n            bigint not null,
  primary key (workspace_id, team_id, assignee_id, status)
);

-- The append-only log. `before` and `after` stamp the audience; bodies are joined when it is read.
create table event (
  workspace_id    uuid not null references workspace (id),
  seq             bigint not null,
  kind            text not null,
  at              timestamptz not null,
  conversation_id uuid,
  contact_id      uuid,
  message_id      uuid,
  team_before     uuid,
  assignee_before uuid,
  team_after      uuid,
  assignee_after  uuid,
  facts           jsonb not null,
  primary key (workspace_id, seq)
);
create index event_by_age on event (at);

-- What hears the log durably, and how far it has come.
create table hearer (
  name         text not null,
  workspace_id uuid not null references workspace (id),
  seq          bigint not null,
  primary key (name, workspace_id)
);
