-- The embeddable entries.

create table widget (
  id                 blob primary key,
  workspace_id       blob not null references workspace (id),
  name               text not null,
  enabled            integer not null,
  domains            text not null check (json_valid(domains)),
  policy             text not null,
  welcome_message    text not null,
  offline_message    text not null,
  appearance         text not null check (json_valid(appearance)),
  auto_open_delay_ms integer,
  allow_file_uploads integer not null,
  show_agent_avatars integer not null,
  home               integer not null default 0,
  secret             blob not null,
  -- Whose customers its key vouches for: null is its own, otherwise those of the widget named.
  source_id          blob references widget (id),
  revision           integer not null default 1,
  created_at         text not null
) strict;
create index widget_of_workspace on widget (workspace_id, created_at);

-- Sites whose pages asked for a widget that browsers do not show them: a few a widget, for its admins alone.
create table widget_refused (
  workspace_id blob not null references workspace (id),
  widget_id    blob not null references widget (id),
  site         text not null,
  at           text not null,
  primary key (widget_id, site)
) strict;
