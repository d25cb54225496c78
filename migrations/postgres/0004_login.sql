-- Who signs in, who is signed in, and by which ways one comes in.

-- An address by which somebody signs in: of a colleague or of a customer, never of both. Without a password there is no
-- way in but a link.
create table login (
  id            uuid primary key,
  workspace_id  uuid not null references workspace (id),
  email         text not null,
  email_key     text not null,
  password_hash text,
  agent_id      uuid unique references agent (id),
  contact_id    uuid unique references contact (id),
  created_at    timestamptz not null,
  unique (workspace_id, email_key),
  check ((agent_id is null) <> (contact_id is null))
);

-- Of a login, or of a visitor at a widget.
create table session (
  id              uuid primary key,
  workspace_id    uuid not null references workspace (id),
  login_id        uuid references login (id),
  contact_id      uuid references contact (id),
  widget_id       uuid references widget (id),
  -- Whoever came by a link to one thread: the only one that they may read.
  conversation_id uuid,
  token_hash      bytea not null unique,
  device          text not null,
  created_at      timestamptz not null,
  last_seen_at    timestamptz not null,
  idle_until      timestamptz not null,
  expires_at      timestamptz not null,
  revoked_at      timestamptz,
  check ((login_id is null) <> (contact_id is null) and (contact_id is null) = (widget_id is null))
);
create index session_of_login on session (login_id) where login_id is not null;
create index session_of_contact on session (contact_id) where contact_id is not null;

-- Single-purpose links: GET shows a button, POST consumes. Of a login, or to one thread; one for the first admin is
-- nobody's yet.
create table link (
  token_hash      bytea primary key,
  workspace_id    uuid not null references workspace (id),
  purpose         text not null,
  login_id        uuid references login (id),
  conversation_id uuid,
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  used_at         timestamptz
);
create index link_of_login on link (login_id) where login_id is not null;
create index link_of_thread on link (conversation_id) where conversation_id is not null;

-- Wrong passwords, by address and device; unknown devices share the all-zero one. By the address, which is a login's
-- key: of one that nobody has they are counted too, so that the count tells nobody who is known here.
create table lockout (
  workspace_id uuid not null references workspace (id),
  email_key    text not null,
  device       bytea not null,
  tries        bigint not null,
  since        timestamptz not null,
  primary key (workspace_id, email_key, device)
);

-- Devices that signed in to a login before.
create table device (
  token_hash   bytea primary key,
  workspace_id uuid not null references workspace (id),
  login_id     uuid not null references login (id),
  created_at   timestamptz not null
);
