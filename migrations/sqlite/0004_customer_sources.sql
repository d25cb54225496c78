-- Whose customers a widget's key vouches for: null is its own, otherwise those of the widget named.
alter table widget add column source_id blob references widget (id);

-- A `user_id` is one person within one source. Who was vouched for before belongs to the widget where they wrote last,
-- else where they came first, else to the workspace's own. It outlives its widget, so nothing refers to it.
alter table contact add column source_id blob;
update contact set source_id = coalesce(
  (select v.widget_id from conversation v where v.contact_id = contact.id order by v.last_at desc, v.id desc limit 1),
  (select s.widget_id from session s where s.contact_id = contact.id order by s.created_at, s.id limit 1),
  (select w.home_widget_id from workspace w where w.id = contact.workspace_id),
  contact.workspace_id)
  where user_id is not null;
drop index contact_of_user;
create unique index contact_of_user on contact (workspace_id, source_id, user_id) where user_id is not null;
insert into sqlite_stat1 (tbl, idx, stat) values ('contact', 'contact_of_user', '500000 250000 50000 1');
analyze sqlite_schema;
