//! PostgreSQL is copied by its own program, `pg_dump`, if the one that is installed can.

use super::{Copied, Why, keep, name};
use crate::base::db::open::OpenError;
use sqlx::{PgConnection, migrate::Migrate};
use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
};
use url::Url;

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
pub(super) async fn unfit(server: i32) -> Option<String> {
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
pub(super) fn major(said: &str) -> Option<i32> {
    let number = said.split_whitespace().nth(2)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The URL as PostgreSQL's own programs take it, without its password; and the password.
pub(super) fn spoken(url: &str) -> Result<(Url, Option<String>), Why> {
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
