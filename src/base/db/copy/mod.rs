//! The copy that is made before a migration. It is written under another name, synced, read back from end to end and
//! only then given its own name: whenever the process dies, a file that has the name is a whole copy. SQLite copies
//! itself; PostgreSQL is copied by `pg_dump` where one of a fitting version is installed, and where none is, that is
//! said before anything is migrated.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use super::open::OpenError;
use crate::base::{fail, files};
use sqlx::{Connection, migrate::Migrate};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

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
