-- Who is signed in, and by which ways one comes in.

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
  purpose      text not null,
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
