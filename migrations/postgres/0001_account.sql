-- The workspace and who works in it.
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
  -- An IANA name (`Europe/Copenhagen`) and a BCP 47 tag: whose midnight it is, and in which words mails are.
  time_zone      text not null default 'UTC',
  locale         text not null default 'en',
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
  name          text not null,
  display_name  text not null,
  role          text not null,
  state         text not null,
  availability  text not null default 'online',
  reason        text,
  created_at    timestamptz not null
);
create index agent_of_workspace on agent (workspace_id, created_at);

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
