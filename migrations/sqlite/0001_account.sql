-- The workspace and who works in it.
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
  -- An IANA name (`Europe/Copenhagen`) and a BCP 47 tag: whose midnight it is, and in which words mails are.
  time_zone      text not null default 'UTC',
  locale         text not null default 'en',
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
  name          text not null,
  display_name  text not null,
  role          text not null,
  state         text not null,
  availability  text not null default 'online',
  reason        text,
  created_at    text not null
) strict;
create index agent_of_workspace on agent (workspace_id, created_at);

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
