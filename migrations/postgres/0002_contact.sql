-- Who writes to the workspace.

create table contact (
  id           uuid primary key,
  workspace_id uuid not null references workspace (id),
  name         text,
  email        text,
  email_key    text,
  -- A `user_id` is one person within one source: the widget whose site vouches for them, or another that it shares
  -- with. It outlives its widget, so nothing refers to it.
  user_id      text,
  source_id    uuid,
  verified_at  timestamptz,
  merged_into  uuid references contact (id),
  page_url     text,
  reference    jsonb,
  created_at   timestamptz not null,
  last_seen_at timestamptz not null
);
create unique index contact_of_user on contact (workspace_id, source_id, user_id) where user_id is not null;
create index contact_by_email on contact (workspace_id, email_key) where email_key is not null;
