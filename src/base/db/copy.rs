//! The copy that is made before a migration. It is written under another name, synced, read back from end to end and
//! only then given its own name: whenever the process dies, a file that has the name is a whole copy. SQLite copies
//! itself; PostgreSQL is copied by `pg_dump` where one of a fitting version is installed, and where none is, that is
//! said before anything is migrated.

use super::open::{APPLICATION_ID, OpenError};
use crate::base::{fail, files};
use rustix::fs::{FlockOperation, flock};
use sqlx::{
    Connection, PgConnection, SqliteConnection, migrate::Migrate, sqlite::SqliteConnectOptions,
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};
use url::Url;

/// The copy just made and those of earlier versions; older ones are removed.
const KEPT: usize = 3;
const DRAFT: &str = "new";

type Why = Box<dyn std::error::Error + Send + Sync>;

/// A database that is copied before it is migrated, by one process at a time.
pub(super) trait Copied: Migrate + Connection {
    /// Where the database is: a file, or a URL.
    type At: ?Sized + Sync;

    /// Nobody else copies or migrates it until [`go_on`](Copied::go_on), or the guard and the connection are gone.
    async fn alone(&mut self, at: &Self::At) -> Result<Option<File>, OpenError>;
    async fn go_on(&mut self) -> Result<(), OpenError>;
    /// Copy it into this folder. `applied` are the migrations that it has.
    async fn copy(
        &mut self,
        at: &Self::At,
        folder: &Path,
        applied: &[i64],
    ) -> Result<(), OpenError>;
}

/// `deskbell.before-7.db`: what the database was before the seventh migration.
fn name(folder: &Path, applied: &[i64], kind: &str) -> PathBuf {
    let next = applied.last().map_or(1, |last| last + 1);
    folder.join(format!("deskbell.before-{next}.{kind}"))
}

/// Written, synced, checked, renamed, pruned.
async fn keep(
    to: &Path,
    write: impl AsyncFnOnce(&Path) -> Result<(), Why>,
    check: impl AsyncFnOnce(&Path) -> Result<(), Why>,
) -> Result<(), OpenError> {
    tracing::info!(copy = %to.display(), "copying the database before it is migrated");
    let mut draft = to.as_os_str().to_owned();
    draft.push(format!(".{DRAFT}"));
    let draft = PathBuf::from(draft);
    let made = async {
        discard(&draft)?;
        files::create_new(&draft)?;
        fail::point(fail::COPY);
        write(&draft).await?;
        fail::point(fail::COPY);
        File::open(&draft)?.sync_all()?;
        check(&draft).await?;
        fail::point(fail::COPY);
        fs::rename(&draft, to)?;
        if let Some(folder) = to.parent() {
            File::open(folder)?.sync_all()?;
        }
        fail::point(fail::COPY);
        prune(to)?;
        Ok::<_, Why>(())
    };
    made.await.map_err(|why| {
        let _ = discard(&draft);
        OpenError::Copy {
            to: to.display().to_string(),
            why: why.to_string(),
        }
    })
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A draft, and what SQLite kept beside it.
fn discard(draft: &Path) -> io::Result<()> {
    for beside in ["", "-journal", "-wal", "-shm"] {
        let mut file = draft.as_os_str().to_owned();
        file.push(beside);
        remove(Path::new(&file))?;
    }
    Ok(())
}

/// Whether it is a copy's name, or that of a draft which a process left when it died.
fn is_copy(name: &str) -> Option<bool> {
    let rest = name.strip_prefix("deskbell.before-")?;
    let (number, kind) = rest.split_once('.')?;
    number.parse::<i64>().ok()?;
    let (kind, draft) = match kind.split_once('.') {
        None => (kind, false),
        Some((kind, DRAFT)) => (kind, true),
        Some(_) => return None,
    };
    ["db", "dump"].contains(&kind).then_some(!draft)
}

/// The newest copies stay, this one among them; drafts do not.
fn prune(made: &Path) -> io::Result<()> {
    let Some(folder) = made.parent() else {
        return Ok(());
    };
    let mut copies = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.file_name().and_then(|n| n.to_str()).and_then(is_copy) {
            Some(true) if path != made => {
                let written = path.metadata().and_then(|m| m.modified());
                copies.push((written.unwrap_or(SystemTime::UNIX_EPOCH), path));
            }
            Some(false) => discard(&path)?,
            _ => {}
        }
    }
    copies.sort();
    for (_, old) in copies.iter().rev().skip(KEPT - 1) {
        remove(old)?;
    }
    Ok(())
}

impl Copied for SqliteConnection {
    type At = Path;

    async fn alone(&mut self, file: &Path) -> Result<Option<File>, OpenError> {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let locked = tokio::task::spawn_blocking(move || {
            let folder = File::open(folder)?;
            flock(&folder, FlockOperation::LockExclusive)?;
            io::Result::Ok(folder)
        });
        // A file system without such locks lets everybody in; a migration is one transaction there, too.
        Ok(locked.await.ok().and_then(Result::ok))
    }

    async fn go_on(&mut self) -> Result<(), OpenError> {
        Ok(())
    }

    async fn copy(&mut self, _: &Path, folder: &Path, applied: &[i64]) -> Result<(), OpenError> {
        let write = async |draft: &Path| {
            // Into an empty file it may; that one is readable for nobody else.
            let into = sqlx::query("vacuum into $1").bind(draft.display().to_string());
            into.execute(&mut *self).await?;
            Ok(())
        };
        let check = async |draft: &Path| {
            let options = SqliteConnectOptions::new().filename(draft);
            // Nothing is written beside it.
            let options = options.read_only(true).immutable(true);
            let mut conn = SqliteConnection::connect_with(&options).await?;
            let wrong: String = sqlx::query_scalar("pragma integrity_check(1)")
                .fetch_one(&mut conn)
                .await?;
            let id: i64 = sqlx::query_scalar("pragma application_id")
                .fetch_one(&mut conn)
                .await?;
            let has: Vec<i64> =
                sqlx::query_scalar("select version from _sqlx_migrations order by version")
                    .fetch_all(&mut conn)
                    .await?;
            conn.close().await?;
            match wrong.as_str() {
                "ok" if id == APPLICATION_ID && has == applied => Ok(()),
                "ok" => Err("what was written is another database".into()),
                wrong => Err(wrong.into()),
            }
        };
        keep(&name(folder, applied, "db"), write, check).await
    }
}

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";

impl Copied for PgConnection {
    type At = str;

    async fn alone(&mut self, _: &str) -> Result<Option<File>, OpenError> {
        // Another node's copy may take longer than a statement may wait.
        sqlx::query("set lock_timeout = 0")
            .execute(&mut *self)
            .await?;
        self.lock().await.map_err(OpenError::Migrate)?;
        sqlx::query("reset lock_timeout")
            .execute(&mut *self)
            .await?;
        Ok(None)
    }

    async fn go_on(&mut self) -> Result<(), OpenError> {
        self.unlock().await.map_err(OpenError::Migrate)
    }

    async fn copy(&mut self, url: &str, folder: &Path, applied: &[i64]) -> Result<(), OpenError> {
        let server: i32 =
            sqlx::query_scalar("select cast(current_setting('server_version_num') as integer)")
                .fetch_one(&mut *self)
                .await?;
        if let Some(why) = unfit(server / 10_000).await {
            tracing::warn!("no copy of the database is made before it is migrated: {why}");
            return Ok(());
        }
        let write = async |draft: &Path| {
            let (url, password) = spoken(url)?;
            let mut dump = Command::new(DUMP);
            dump.args([
                "--format=custom",
                "--no-password",
                "--lock-wait-timeout=60s",
            ])
            .args(["--dbname", url.as_str(), "--file"])
            .arg(draft)
            .env("PGCONNECT_TIMEOUT", "10");
            // What stands on a command line, everybody on this machine may read.
            if let Some(password) = password {
                dump.env("PGPASSWORD", password);
            }
            run(dump).await.map(|_| ())
        };
        let check = async |draft: &Path| {
            // Written out as text to nowhere, so that it is read to its end.
            let mut restore = Command::new(RESTORE);
            restore.arg("--file=/dev/null").arg(draft);
            run(restore).await.map(|_| ())
        };
        keep(&name(folder, applied, "dump"), write, check).await
    }
}

/// Why the tools of this machine cannot copy a server of that major version.
async fn unfit(server: i32) -> Option<String> {
    for tool in [DUMP, RESTORE] {
        let mut asked = Command::new(tool);
        asked.arg("--version");
        let Ok(said) = run(asked).await else {
            return Some(format!("{tool} is not installed here"));
        };
        match major(&said) {
            Some(version) if version >= server => {}
            Some(version) => {
                return Some(format!(
                    "{tool} is version {version} here, the server is version {server}"
                ));
            }
            None => return Some(format!("{tool} does not say its version: {said}")),
        }
    }
    None
}

/// `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` is 15.
fn major(said: &str) -> Option<i32> {
    let number = said.split_whitespace().nth(2)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The URL as PostgreSQL's own programs take it, without its password; and the password.
fn spoken(url: &str) -> Result<(Url, Option<String>), Why> {
    let mut ours = Url::parse(url)?;
    let mut password = ours.password().map(decoded);
    // Whoever may not be given a password has none.
    let _ = ours.set_password(None);
    // Names that the driver takes besides those of libpq, and those that only the driver takes.
    let options: Vec<(String, String)> = ours
        .query_pairs()
        .filter_map(|(name, value)| {
            let name = match &*name {
                "password" => {
                    password = Some(value.into_owned());
                    return None;
                }
                "statement-cache-capacity" => return None,
                "ssl-mode" => "sslmode",
                "ssl-root-cert" | "ssl-ca" => "sslrootcert",
                "ssl-cert" => "sslcert",
                "ssl-key" => "sslkey",
                name => name,
            };
            Some((name.to_owned(), value.into_owned()))
        })
        .collect();
    ours.set_query(None);
    if !options.is_empty() {
        ours.query_pairs_mut().extend_pairs(options);
    }
    Ok((ours, password))
}

/// `%40` is `@`.
fn decoded(text: &str) -> String {
    let form = format!("p={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// What it printed, or the last line of what it complained about.
async fn run(mut command: Command) -> Result<String, Why> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null());
    let done = tokio::task::spawn_blocking(move || command.output()).await??;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().rfind(|l| !l.trim().is_empty());
    Err(last
        .map_or_else(|| format!("{name} failed"), str::to_owned)
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::db::{DatabaseUrl, Db, SQLITE};
    use std::time::Duration;

    #[test]
    fn a_password_is_on_no_command_line() {
        let (url, password) =
            spoken("postgres://keeper:h%40nt+er2@db.example:5433/desk?ssl-mode=require").unwrap();
        assert_eq!(
            url.as_str(),
            "postgres://keeper@db.example:5433/desk?sslmode=require"
        );
        assert_eq!(password.as_deref(), Some("h@nt+er2"));
        let (url, password) =
            spoken("postgres:///desk?host=%2Fvar%2Frun&password=x&statement-cache-capacity=9")
                .unwrap();
        assert_eq!(url.as_str(), "postgres:///desk?host=%2Fvar%2Frun");
        assert_eq!(password.as_deref(), Some("x"));
        assert_eq!(spoken("postgres://a/b").unwrap().1, None);
    }

    #[test]
    fn a_version_is_a_number() {
        let debian = "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)";
        assert_eq!(major(debian), Some(15));
        assert_eq!(major("pg_dump (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("pg_dump"), None);
    }

    #[tokio::test]
    async fn what_cannot_be_copied_says_why() {
        assert_eq!(unfit(1).await, None, "PostgreSQL's programs are installed");
        let why = unfit(99).await.unwrap();
        assert!(why.starts_with("pg_dump is version "), "{why}");
    }

    /// A database as it was before its newest migration.
    async fn older(folder: &Path) -> (DatabaseUrl, Vec<i64>) {
        let file = folder.join("deskbell.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        let id = format!("pragma application_id = {APPLICATION_ID}");
        sqlx::query(sqlx::AssertSqlSafe(id))
            .execute(&mut conn)
            .await
            .unwrap();
        let mut known: Vec<i64> = SQLITE.iter().map(|m| m.version).collect();
        known.pop();
        let target = known.last().copied();
        SQLITE.run_direct(target, &mut conn, false).await.unwrap();
        conn.close().await.unwrap();
        (DatabaseUrl::File(file), known)
    }

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("deskbell-copy-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let all = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> = all
            .filter_map(|e| e.file_name().into_string().ok())
            .filter(|n| n.contains("before"))
            .collect();
        names.sort();
        names
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_torn_copy_is_replaced_and_old_ones_go() {
        let folder = folder();
        let (place, had) = older(&folder).await;
        let to = name(&folder, &had, "db");
        // What an earlier version could leave under the copy's own name, and a draft.
        fs::write(&to, "SQLite format 3\0and then the power went").unwrap();
        fs::write(folder.join("deskbell.before-2.dump.new"), "half").unwrap();
        for (old, name) in [
            "deskbell.before-90.db",
            "deskbell.before-91.db",
            "deskbell.before-92.dump",
            "deskbell.before-we-moved.db",
        ]
        .iter()
        .enumerate()
        {
            let file = File::create(folder.join(name)).unwrap();
            let day = SystemTime::now() - Duration::from_secs(86_400 * (9 - old as u64));
            file.set_modified(day).unwrap();
        }
        Db::open(&place, Some(&folder)).await.unwrap().close().await;
        let copy = SqliteConnectOptions::new().filename(&to).read_only(true);
        let mut copy = SqliteConnection::connect_with(&copy).await.unwrap();
        let has: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations")
            .fetch_all(&mut copy)
            .await
            .unwrap();
        assert_eq!(has, had, "whole, and from before");
        let own = to.file_name().unwrap().to_str().unwrap();
        let mut stay = vec![
            own,
            "deskbell.before-91.db",
            "deskbell.before-92.dump",
            "deskbell.before-we-moved.db",
        ];
        stay.sort_unstable();
        assert_eq!(names(&folder), stay);
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_copied_is_not_migrated() {
        let folder = folder();
        let (place, had) = older(&folder).await;
        // Where the copy would stand there is a folder.
        fs::create_dir_all(name(&folder, &had, "db").join("in the way")).unwrap();
        let refused = Db::open(&place, Some(&folder)).await.err().unwrap();
        assert!(matches!(refused, OpenError::Copy { .. }), "{refused}");
        let missing = crate::base::db::pending(&place).await.unwrap();
        assert_eq!(missing.len(), 1, "nothing was migrated");
        assert_eq!(names(&folder).len(), 1, "nor is a draft left");
        // Who has one of their own may go on without.
        Db::open(&place, None).await.unwrap().close().await;
        assert_eq!(crate::base::db::pending(&place).await.unwrap(), []);
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn what_does_not_read_back_gets_no_name() {
        let folder = folder();
        let to = folder.join("deskbell.before-3.db");
        let written = async |draft: &Path| Ok(fs::write(draft, "torn")?);
        let refused = keep(&to, written, async |_: &Path| Err("it is torn".into())).await;
        assert!(refused.unwrap_err().to_string().contains("it is torn"));
        assert_eq!(names(&folder), [""; 0]);
        fs::remove_dir_all(folder).unwrap();
    }
}
