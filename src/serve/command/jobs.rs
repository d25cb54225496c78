//! `deskbell jobs`: what could not be done.

use crate::base::{
    config::{Misused, Where},
    db::{self, Db},
    jobs,
};
use crate::desk::keeping::ops as keeping;
use crate::live::bus::consumer;
use anyhow::Result;
use std::process::ExitCode;
use uuid::Uuid;

/// What could not be done, one a line; or one of it once more.
pub(super) async fn list(place: Where, again: Option<Uuid>) -> Result<ExitCode> {
    let (data, place) = place.settle()?;
    // Whoever only asks makes no database, and migrates none.
    if !db::pending(&place).await?.is_empty() {
        return Err(Misused(format!(
            "There is no database of this version in {}.",
            data.display()
        ))
        .into());
    }
    let db = Db::open(&place, None).await?;
    let mut snapshot = db.snapshot().await?;
    let dead = jobs::dead(&mut snapshot).await?;
    let letters = consumer::dead_letters(&mut snapshot).await?;
    drop(snapshot);
    if let Some(id) = again {
        let of_job = dead
            .iter()
            .find(|job| job.id == id)
            .map(|job| job.workspace);
        let of_letter = letters.iter().find(|l| l.id == id).map(|l| l.workspace);
        let Some(workspace) = of_job.or(of_letter) else {
            return Err(Misused(format!("Nothing that could not be done has the id {id}.")).into());
        };
        let mut tx = db.begin(workspace).await?;
        let asked = match of_job {
            Some(_) => jobs::again(&mut tx, id).await?,
            None => consumer::ask_again(&mut tx, id).await?,
        };
        if asked {
            keeping::note::command(&mut tx, workspace, "jobs --again").await?;
        }
        tx.commit().await?;
        db.close().await;
        println!(
            "{}",
            if asked {
                "It will be tried again."
            } else {
                "It was done meanwhile."
            }
        );
        return Ok(ExitCode::SUCCESS);
    }
    for job in &dead {
        let jobs::Dead {
            id,
            kind,
            key,
            tries,
            error,
            at,
            ..
        } = job;
        println!("{id}  job {kind} of {key}, given up at {at} after {tries} tries: {error}");
    }
    for letter in &letters {
        let consumer::DeadLetter {
            id,
            consumer,
            seq,
            kind,
            tries,
            error,
            at,
            ..
        } = letter;
        println!(
            "{id}  {consumer} and entry {seq} ({kind}), set aside at {at} after {tries} tries: {error}"
        );
    }
    if dead.is_empty() && letters.is_empty() {
        println!("Everything has been done.");
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
