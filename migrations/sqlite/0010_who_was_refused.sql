-- Sites whose pages asked for a widget that browsers do not show them: a few a widget, for its admins alone.
create table widget_refused (
  workspace_id blob not null references workspace (id),
  widget_id    blob not null references widget (id),
  site         text not null,
  at           text not null,
  primary key (widget_id, site)
) strict;
