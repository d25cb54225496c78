-- What grows PostgreSQL counts by itself; SQLite is told by its migration of this name.
select 1;
