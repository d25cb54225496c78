//! The process: every URL that is not a page, the background work, and how it starts and stops.

mod answers;
mod begin;
pub mod command;
mod demo;
mod docs;
mod doctor;
pub mod doors;
mod listen;
mod moved;
mod pages;
mod plain;
mod shop;
pub mod site;
mod turn;
pub(crate) mod work;

#[cfg(test)]
mod tests;

use crate::base::{
    config::Config,
    db::{self, Db},
    head, health,
};
use crate::desk::{keeping::ops as keeping, state::Desk};
use crate::live::bus::log;
use crate::words;
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::FromRef,
    middleware::{from_fn, from_fn_with_state},
};
use leptos::config::LeptosOptions;
use std::{process::ExitCode, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer};

/// The OpenAPI document, made from the doors.
pub fn document() -> utoipa::openapi::OpenApi {
    doors::doors().1
}

/// What only the program has, and not the library.
#[derive(Clone, Copy)]
pub struct Program {
    /// The built site, where it is compiled in.
    pub site: Option<&'static site::Bundle>,
    /// Return to the system what the allocator keeps for the calling thread.
    pub give_back: fn(),
}

/// What the router's doors reach.
#[derive(Clone)]
pub struct AppState {
    pub desk: Desk,
    pub options: Arc<LeptosOptions>,
}
impl FromRef<AppState> for Desk {
    fn from_ref(state: &AppState) -> Desk {
        state.desk.clone()
    }
}
impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> LeptosOptions {
        (*state.options).clone()
    }
}

/// Everything that is answered, with its layers. Works without the built site: pages render, assets are missing.
pub fn router(state: AppState) -> Router {
    let inner = Router::new()
        .merge(doors::routes(&state.options))
        .merge(site::files(&state.options))
        .merge(pages::routes(&state))
        .fallback(pages::missing)
        .layer(CatchPanicLayer::custom(answers::on_panic))
        .with_state(state.clone());
    let pages = plain::Pages {
        inner: inner.clone(),
        public: state.desk.config().public_url.clone(),
    };
    let guard = CsrfLayer::new().with_rejection_response(answers::forged);
    let guard = guard
        .clone()
        .add_trusted_origin(state.desk.config().origin())
        .unwrap_or(guard);
    inner
        .layer(from_fn_with_state(pages, plain::posts))
        .layer(from_fn_with_state(state.clone(), answers::to_the_end))
        .layer(guard)
        .layer(CompressionLayer::new())
        .layer(from_fn(answers::cache_headers))
        .layer(from_fn_with_state(state, answers::every))
}

/// Requests in flight, tracked tasks, the database: each gets its part of the nine seconds.
const IN_FLIGHT: Duration = Duration::from_secs(6);
const TASKS: Duration = Duration::from_millis(1500);
const CLOSING: Duration = Duration::from_secs(1);

/// `deskbell serve`.
pub async fn run(config: Config, program: Program) -> Result<ExitCode> {
    if config.pseudo_locale {
        words::speak_pseudo();
    }
    let stop = CancellationToken::new();
    let _lock = begin::folder(&config.data)?;
    let listener = begin::bind(config.listen, "--listen").await?;
    let shop = if config.demo {
        Some(begin::bind(shop::address(&config), "--listen").await?)
    } else {
        None
    };
    begin::raise_file_limit();
    let options = site::options(program.site, &config.data)
        .with_context(|| format!("Cannot unpack the site into {}", config.data.display()))?;
    // What cannot be asked is said by whoever opens it.
    let pending = db::pending(&config.place).await.unwrap_or_default();
    let db = Db::open(&config.place, Some(&config.data)).await?;
    begin::settle_epoch(&db, &config.data).await?;
    let desk = Desk::new(config.clone(), db.clone(), stop.clone());
    let first = begin::first_start(&desk).await?;

    let app = router(AppState {
        desk: desk.clone(),
        options: Arc::new(options),
    });
    // Before anybody is answered: who is answered may ask to stop.
    let signals = begin::Signals::hear()?;
    let serving = tokio::spawn(listen::serve(
        listener,
        app,
        Some(desk.clone()),
        stop.clone(),
    ));
    keeping::note::start(&db, pending.last().map(|(to, _)| *to)).await?;
    work::start(&desk, program.give_back);
    begin::greet(&desk, first, shop, stop.clone()).await?;

    signals.asked_to_stop().await;
    tracing::info!("stopping");
    stop.cancel();
    if tokio::time::timeout(IN_FLIGHT, serving).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    desk.tasks().close();
    let _ = tokio::time::timeout(TASKS, desk.tasks().wait()).await;
    let closing = async {
        keep_heads(&desk).await;
        drop(desk);
        db.close().await;
        drop(db);
        health::checkpoint(&config.place).await;
    };
    let _ = tokio::time::timeout(CLOSING, closing).await;
    Ok(ExitCode::SUCCESS)
}

/// Write down how far the log has come, see [`head`]. SQLite only.
async fn keep_heads(desk: &Desk) {
    if desk.db().postgres().is_some() {
        return;
    }
    let read = async { log::heads(&mut *desk.db().snapshot().await?).await };
    let Ok(heads) = read.await else { return };
    let data = desk.config().data.clone();
    let written = tokio::task::spawn_blocking(move || {
        if head::read(&data) == heads {
            Ok(())
        } else {
            head::write(&data, &heads)
        }
    });
    if let Ok(Err(e)) = written.await {
        tracing::warn!(error = %e, "the log's high-water mark cannot be kept");
    }
}
