-- Who is signed in, and by which ways one comes in.

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
  purpose      text not null,
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
