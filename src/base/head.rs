//! A high-water mark of the log beside the SQLite file. If the database's head is below it at start, an
//! older copy of the file was put back: the epoch changes, and every cursor handed out before is `reset`.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Workspace to the highest seq that was committed.
pub type Heads = BTreeMap<Uuid, i64>;

pub fn file(data: &Path) -> PathBuf {
    data.join("deskbell.heads")
}

pub fn read(data: &Path) -> Heads {
    let text = std::fs::read_to_string(file(data)).unwrap_or_default();
    text.lines()
        .filter_map(|l| l.split_once(' '))
        .filter_map(|(w, n)| Some((w.parse().ok()?, n.trim().parse().ok()?)))
        .collect()
}

/// Replaced as a whole, so that a crash leaves the old one or the new one.
pub fn write(data: &Path, heads: &Heads) -> std::io::Result<()> {
    let text: String = heads.iter().map(|(w, n)| format!("{w} {n}\n")).collect();
    let draft = file(data).with_extension("heads.new");
    let mut f = std::fs::File::create(&draft)?;
    f.write_all(text.as_bytes())?;
    f.sync_all()?;
    std::fs::rename(draft, file(data))
}
