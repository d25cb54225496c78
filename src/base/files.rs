//! The files of the data folder: for nobody else on the machine to read, whatever the folder around them allows.

use rustix::{fs::Mode, process::umask};
use std::{
    fs::{self, DirEntry, File, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;

/// What this process makes from now on, also through libraries, is readable and writable for its user alone.
pub fn keep_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// An empty file that was not there.
pub fn create_new(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(FILE).open(path)
}

/// What stood in the folder before, perhaps for others to read, is closed to them. Only what carries our names: the
/// folder may hold other things, and `deskbell.toml` belongs to whoever wrote it. All are tried; the first error is told.
pub fn close_to_others(data: &Path) -> io::Result<()> {
    let mut done = Ok(());
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let ours = name.starts_with("deskbell.") && name != "deskbell.toml";
        if ours || ["lock", "site"].contains(&name) {
            done = done.and(close(&entry));
        }
    }
    done
}

fn close(entry: &DirEntry) -> io::Result<()> {
    // Of the entry itself: where a link leads is not ours.
    let found = entry.metadata()?;
    let mode = match found.file_type() {
        kind if kind.is_dir() => FOLDER,
        kind if kind.is_file() => FILE,
        _ => return Ok(()),
    };
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(entry.path(), Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_is_closed_and_what_is_not_ours_stays() {
        let data = std::env::temp_dir().join(format!("deskbell-files-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(data.join("site")).unwrap();
        let theirs = ["notes.txt", "deskbell", "deskbell.toml"];
        let ours = [
            "deskbell.db",
            "deskbell.db-wal",
            "deskbell.before-2.db",
            "lock",
        ];
        for name in theirs.iter().chain(&ours) {
            fs::write(data.join(name), "").unwrap();
            fs::set_permissions(data.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        let outside = data.with_extension("elsewhere");
        fs::write(&outside, "").unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&outside, data.join("deskbell.link")).unwrap();

        close_to_others(&data).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        for name in ours {
            assert_eq!(mode(&data.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&data.join("site")), 0o700);
        for name in theirs {
            assert_eq!(mode(&data.join(name)), 0o644, "{name}");
        }
        assert_eq!(mode(&outside), 0o644);
        assert_eq!(mode(&data), 0o755);
        fs::remove_dir_all(data).unwrap();
        fs::remove_file(outside).unwrap();
    }
}
