-- The workspace, who works in it, who writes to it, the threads, and the log of everything that happens.
-- Ids are 16 bytes, times RFC 3339 in UTC bound by the program, never made by the database.

create table workspace (
  id             blob primary key,
  name           text not null,
  host           text unique,
  is_default     integer not null default 0,
  epoch          text not null,
  seq            integer not null default 0,
  low_water      integer not null default 0,
  home_widget_id blob,
  team_id        blob,
  auto_assign    integer not null default 1,
  revision       integer not null default 1,
  created_at     text not null
) strict;
create unique index workspace_default on workspace (is_default) where is_default = 1;

-- What the workspace signs with (cursors of lists).
create table workspace_secret (
  workspace_id blob primary key references workspace (id),
  value        blob not null
) strict;

create table agent (
  id            blob primary key,
  workspace_id  blob not null references workspace (id),
  email         text not null,
  email_key     text not null,
  name          text not null,
  display_name  text not null,
  role          text not null check (role in ('agent', 'supervisor', 'admin')),
  state         text not null check (state in ('invited', 'active', 'suspended')),
  password_hash text,
  availability  text not null default 'online' check (availability in ('online', 'away', 'offline')),
  reason        text,
  created_at    text not null,
  unique (workspace_id, email_key)
) strict;

-- Heard from within two minutes; `told` is what listeners were told last.
create table presence (
  agent_id     blob primary key references agent (id),
  workspace_id blob not null references workspace (id),
  expires_at   text not null,
  told         integer not null default 0
) strict;
create index presence_of_workspace on presence (workspace_id, told);

create table team (
  id           blob primary key,
  workspace_id blob not null references workspace (id),
  name         text not null,
  created_at   text not null
) strict;

create table team_member (
  team_id      blob not null references team (id),
  agent_id     blob not null references agent (id),
  workspace_id blob not null references workspace (id),
  primary key (team_id, agent_id)
) strict, without rowid;
create index team_member_of_agent on team_member (agent_id);

create table widget (
  id                 blob primary key,
  workspace_id       blob not null references workspace (id),
  name               text not null,
  enabled            integer not null,
  domains            text not null check (json_valid(domains)),
  policy             text not null check (policy in ('anyone', 'email_required', 'verified_only')),
  welcome_message    text not null,
  offline_message    text not null,
  appearance         text not null check (json_valid(appearance)),
  auto_open_delay_ms integer,
  allow_file_uploads integer not null,
  show_agent_avatars integer not null,
  home               integer not null default 0,
  secret             blob not null,
  revision           integer not null default 1,
  created_at         text not null
) strict;
create index widget_of_workspace on widget (workspace_id, created_at);

create table contact (
  id           blob primary key,
  workspace_id blob not null references workspace (id),
  name         text,
  email        text,
  email_key    text,
  user_id      text,
  verified_at  text,
  merged_into  blob references contact (id),
  page_url     text,
  reference    text check (reference is null or json_valid(reference)),
  created_at   text not null,
  last_seen_at text not null
) strict;
create unique index contact_of_user on contact (workspace_id, user_id) where user_id is not null;
create index contact_by_email on contact (workspace_id, email_key) where email_key is not null;

-- A login, or a visitor's token.
create table session (
  id           blob primary key,
  workspace_id blob not null references workspace (id),
  agent_id     blob references agent (id),
  contact_id   blob references contact (id),
  widget_id    blob references widget (id),
  token_hash   blob not null unique,
  device       text not null,
  created_at   text not null,
  last_seen_at text not null,
  idle_until   text not null,
  expires_at   text not null,
  revoked_at   text,
  check ((agent_id is null) <> (contact_id is null))
) strict;
create index session_of_agent on session (agent_id) where agent_id is not null;
create index session_of_contact on session (contact_id) where contact_id is not null;

-- Single-purpose links: GET shows a button, POST consumes.
create table link (
  token_hash   blob primary key,
  workspace_id blob not null references workspace (id),
  purpose      text not null check (purpose in ('setup', 'invitation', 'reset', 'sign_in')),
  agent_id     blob references agent (id),
  created_at   text not null,
  expires_at   text not null,
  used_at      text
) strict;

-- Wrong passwords, by account and device; unknown devices share the all-zero one.
create table lockout (
  workspace_id blob not null references workspace (id),
  email_key    text not null,
  device       blob not null,
  tries        integer not null,
  since        text not null,
  primary key (workspace_id, email_key, device)
) strict, without rowid;

-- Devices that signed in to an account before.
create table device (
  token_hash   blob primary key,
  workspace_id blob not null references workspace (id),
  agent_id     blob not null references agent (id),
  created_at   text not null
) strict;

create table conversation (
  id               blob primary key,
  workspace_id     blob not null references workspace (id),
  widget_id        blob not null references widget (id),
  contact_id       blob not null references contact (id),
  status           text not null check (status in ('waiting', 'active', 'snoozed', 'closed')),
  assignee_id      blob references agent (id),
  team_id          blob references team (id),
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
  created_at       text not null,
  closed_at        text
) strict;
create unique index conversation_open on conversation (workspace_id, widget_id, contact_id) where status <> 'closed';
create index conversation_by_last on conversation (workspace_id, last_at desc, id desc);
create index conversation_by_status on conversation (workspace_id, status, last_at desc, id desc);
create index conversation_by_assignee on conversation (workspace_id, assignee_id, status, last_at desc, id desc);
create index conversation_of_contact on conversation (contact_id, last_at desc);
create index conversation_queue on conversation (workspace_id, waiting_since) where status = 'waiting' and assignee_id is null;
create index conversation_to_wake on conversation (snoozed_until) where status = 'snoozed';

create table message (
  id              blob primary key,
  workspace_id    blob not null references workspace (id),
  conversation_id blob not null references conversation (id),
  seq             integer not null,
  client_id       blob,
  request_hash    blob,
  kind            text not null check (kind in ('text', 'note', 'event')),
  author_kind     text not null check (author_kind in ('contact', 'agent', 'bot', 'system')),
  author_id       blob not null,
  body            text not null,
  event           text check (event is null or json_valid(event)),
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

-- Counts are rows, kept in the transaction that changes them. No team, no assignee: the all-zero id.
create table tally (
  workspace_id blob not null references workspace (id),
  team_id      blob not null,
  assignee_id  blob not null,
  status       text not null,
  n            integer not null,
  primary key (workspace_id, team_id, assignee_id, status)
) strict, without rowid;

-- The append-only log. `before` and `after` stamp the audience; bodies are joined when it is read.
create table event (
  workspace_id    blob not null references workspace (id),
  seq             integer not null,
  kind            text not null,
  at              text not null,
  conversation_id blob,
  contact_id      blob,
  message_id      blob,
  team_before     blob,
  assignee_before blob,
  team_after      blob,
  assignee_after  blob,
  facts           text not null check (json_valid(facts)),
  primary key (workspace_id, seq)
) strict, without rowid;
create index event_by_age on event (at);

-- What hears the log durably, and how far it has come.
create table hearer (
  name         text not null,
  workspace_id blob not null references workspace (id),
  seq          integer not null,
  primary key (name, workspace_id)
) strict, without rowid;
