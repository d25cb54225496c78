//! Databases for stories: one of each kind, copied from a template.

use super::*;
use crate::base::db::POSTGRES;
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;
use tokio::sync::OnceCell;

pub const PASSWORD: &str = "correct horse battery";

/// Where `DESKBELL_TEST_POSTGRES` points: a server on which databases may be made. `bin/test` starts one.
pub(super) fn postgres() -> String {
    std::env::var("DESKBELL_TEST_POSTGRES").expect("DESKBELL_TEST_POSTGRES is not set: stories run on both databases; bin/test starts a server")
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Open a desk, tell the story, clean up.
pub async fn run_story<F: Future<Output = ()>>(engine: Engine, tell: impl FnOnce(TestDesk) -> F) {
    let desk = TestDesk::open(engine).await;
    let (stop, folder, database) = (
        desk.node.stop().clone(),
        desk.folder.clone(),
        desk.database.clone(),
    );
    let ended = tokio::time::timeout(patience(), tell(desk)).await;
    ended.expect("a story has an end");
    stop.cancel();
    let _ = std::fs::remove_dir_all(folder);
    if let Some(name) = database {
        drop_database(&name).await;
    }
}

/// How long a story may take: one that waits for ever is to fail, and not what runs it.
pub(super) fn patience() -> Duration {
    Duration::from_secs(crate::proof::form::either(10 * 60, 3 * 60 * 60))
}

pub(super) async fn drop_database(name: &str) {
    let mut server = connect("postgres").await;
    execute(
        &mut server,
        &format!("drop database if exists {name} with (force)"),
    )
    .await;
}

/// The address of a database of the test server.
pub(super) fn postgres_of(database: &str) -> String {
    let server = postgres();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{database}")
}

pub(super) async fn connect(database: &str) -> PgConnection {
    let connected = PgConnection::connect(&postgres_of(database)).await;
    connected.expect("the test server answers")
}

pub(super) async fn execute(server: &mut PgConnection, sql: &str) {
    server.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

/// The name of an empty database with every migration behind it: to copy it costs a tenth of migrating. It is named by
/// what it was made from, and stays for the next run.
pub(super) async fn template(server: &mut PgConnection) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let made = TEMPLATE.get_or_init(async || {
        let sums = POSTGRES
            .iter()
            .map(|m| m.checksum.as_ref())
            .collect::<Vec<_>>();
        let name = format!(
            "deskbell_template_{}",
            &hex::encode(Sha256::digest(sums.concat()))[..16]
        );
        // Two processes may want it at once.
        execute(server, "select pg_advisory_lock(58712)").await;
        let sql = "select count(*) from pg_database where datname = $1";
        let there: i64 = sqlx::query_scalar(sql)
            .bind(&name)
            .fetch_one(&mut *server)
            .await
            .unwrap();
        if there == 0 {
            let draft = format!("{name}_draft");
            execute(
                server,
                &format!("drop database if exists {draft} with (force)"),
            )
            .await;
            execute(server, &format!("create database {draft}")).await;
            let mut inside = connect(&draft).await;
            POSTGRES.run_direct(None, &mut inside, false).await.unwrap();
            inside.close().await.unwrap();
            execute(server, &format!("alter database {draft} rename to {name}")).await;
        }
        execute(server, "select pg_advisory_unlock(58712)").await;
        name
    });
    made.await
}
