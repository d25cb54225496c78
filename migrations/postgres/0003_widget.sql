-- The embeddable entries.

create table widget (
  id                 uuid primary key,
  workspace_id       uuid not null references workspace (id),
  name               text not null,
  enabled            boolean not null,
  domains            jsonb not null,
  policy             text not null,
  welcome_message    text not null,
  offline_message    text not null,
  appearance         jsonb not null,
  auto_open_delay_ms bigint,
  allow_file_uploads boolean not null,
  show_agent_avatars boolean not null,
  home               boolean not null default false,
  secret             bytea not null,
  -- Whose customers its key vouches for: null is its own, otherwise those of the widget named.
  source_id          uuid references widget (id),
  revision           bigint not null default 1,
  created_at         timestamptz not null
);
create index widget_of_workspace on widget (workspace_id, created_at);

-- Sites whose pages asked for a widget that browsers do not show them: a few a widget, for its admins alone.
create table widget_refused (
  workspace_id uuid not null references workspace (id),
  widget_id    uuid not null references widget (id),
  site         text not null,
  at           timestamptz not null,
  primary key (widget_id, site)
);
